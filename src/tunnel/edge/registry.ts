import { AWAIT_MS } from '../../bridge/data-plane-thread.js';
import type { Clock } from '../../net/clock.js';
import type { Connection } from './connection.js';

export interface Registry {
  /** In the place of the connection with the same connector and index, which is returned. */
  add(connection: Connection): Connection | undefined;
  remove(connection: Connection): void;
  /** Connections that take new streams. */
  of(tunnelId: string): readonly Connection[];
  connected(tunnelId: string): boolean;
  /** One connection of each connector that has one. */
  connectors(tunnelId: string): readonly Connection[];
  /**
   * The usable connection with the fewest streams, in turn among equals; an unconfirmed one, and one that the choice avoids, only
   * when there is no other.
   */
  pick(tunnelId: string, choice: ConnectionChoice): Connection | undefined;
  /** A response did not come in time: pings the connection, and the others of its connector, with which it shares a network. */
  probeLiveness(connection: Connection): void;
  onAvailability(listener: (tunnelId: string, available: boolean) => void): void;
}

/** What somebody who needs a connection knows of them. */
interface ConnectionChoice {
  /** Not this one. */
  excludes(connection: Connection): boolean;
  /** Rather another one. */
  avoids(connection: Connection): boolean;
}

interface TunnelEntry {
  connections: Connection[];
  connectors: readonly Connection[];
  turn: number;
}

/** The usable connections by tunnel. */
export function createRegistry(): Registry {
  const tunnels = new Map<string, TunnelEntry>();
  const listeners: ((tunnelId: string, available: boolean) => void)[] = [];

  function announce(tunnelId: string, available: boolean): void {
    for (const listener of listeners) listener(tunnelId, available);
  }

  return {
    add(connection) {
      const { tunnelId } = connection.info;
      const entry = tunnels.get(tunnelId);
      if (!entry) {
        tunnels.set(tunnelId, { connections: [connection], connectors: [connection], turn: 0 });
        announce(tunnelId, true);
        return undefined;
      }
      const replaced = entry.connections.find((other) => sameSlot(other, connection));
      setConnections(entry, [...entry.connections.filter((other) => other !== replaced), connection]);
      return replaced;
    },
    remove(connection) {
      const { tunnelId } = connection.info;
      const entry = tunnels.get(tunnelId);
      if (!entry?.connections.includes(connection)) return;
      setConnections(
        entry,
        entry.connections.filter((other) => other !== connection),
      );
      if (entry.connections.length > 0) return;
      tunnels.delete(tunnelId);
      announce(tunnelId, false);
    },
    of: (tunnelId) => tunnels.get(tunnelId)?.connections ?? [],
    connected: (tunnelId) =>
      tunnels.get(tunnelId)?.connections.some((connection) => connection.usable) ?? false,
    connectors: (tunnelId) => tunnels.get(tunnelId)?.connectors ?? [],
    pick(tunnelId, choice) {
      const entry = tunnels.get(tunnelId);
      if (!entry) return undefined;
      entry.turn = (entry.turn + 1) % entry.connections.length;
      return leastLoaded(entry, choice);
    },
    probeLiveness(silent) {
      silent.probeLiveness();
      const { tunnelId, clientId } = silent.info;
      for (const connection of tunnels.get(tunnelId)?.connections ?? [])
        if (connection !== silent && connection.info.clientId === clientId) connection.check();
    },
    onAvailability: (listener) => void listeners.push(listener),
  };
}

function setConnections(entry: TunnelEntry, connections: Connection[]): void {
  entry.connections = connections;
  entry.connectors = [
    ...new Map(connections.map((connection) => [connection.info.clientId, connection])).values(),
  ];
}

function sameSlot(a: Connection, b: Connection): boolean {
  return a.info.clientId === b.info.clientId && a.info.connIndex === b.info.connIndex;
}

/** Starts with the one whose turn it is, and stops at one without any stream. */
function leastLoaded({ connections, turn }: TunnelEntry, choice: ConnectionChoice): Connection | undefined {
  let best: Connection | undefined;
  let bestReasons = 0;
  for (let i = 0; i < connections.length; i += 1) {
    const connection = connections[(turn + i) % connections.length]!;
    if (!connection.usable || !connection.hasRoom || choice.excludes(connection)) continue;
    const reasons = Number(connection.unconfirmed) + Number(choice.avoids(connection));
    if (best && (reasons > bestReasons || (reasons === bestReasons && connection.inFlight >= best.inFlight)))
      continue;
    best = connection;
    bestReasons = reasons;
    if (best.inFlight === 0 && reasons === 0) break;
  }
  return best;
}

/** The connections whose sessions are not over, those that drain included, by tunnel. */
interface LiveConnections {
  readonly size: number;
  add(connection: Connection): void;
  remove(connection: Connection): void;
  of(tunnelId: string): Connection[];
  all(): Connection[];
}

export function createLiveConnections(): LiveConnections {
  const tunnels = new Map<string, Set<Connection>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(connection) {
      const { tunnelId } = connection.info;
      const connections = tunnels.get(tunnelId) ?? new Set();
      tunnels.set(tunnelId, connections.add(connection));
      size += 1;
    },
    remove(connection) {
      const { tunnelId } = connection.info;
      const connections = tunnels.get(tunnelId);
      if (!connections?.delete(connection)) return;
      size -= 1;
      if (connections.size === 0) tunnels.delete(tunnelId);
    },
    of: (tunnelId) => [...(tunnels.get(tunnelId) ?? [])],
    all: () => [...tunnels.values()].flatMap((connections) => [...connections]),
  };
}

/**
 * The tunnels that were connected when the last process ended. Their connectors are on their way back, so for a moment nothing is
 * known of what is behind them: requests wait, and no verdict is given.
 */
export interface AwaitedTunnels {
  /** How many are awaited. */
  readonly size: number;
  /** How many are no longer. */
  readonly released: number;
  /** Whether the tunnel still has time to come back. */
  has(tunnelId: string): boolean;
  /**
   * Calls `retry` once, when the tunnel is back or has had its time. Returns what takes that back; null when nobody waits for this
   * tunnel, or too many do.
   */
  whenBack(tunnelId: string, retry: () => void): (() => void) | null;
  /** The time begins: connectors can register from now on. */
  begin(): void;
  /** The tunnel is back, or gone for good. */
  release(tunnelId: string): void;
}

/** What waits for all tunnels; each holds a client. More fail at once. */
const MAX_WAITING = 1_024;

export function createAwaitedTunnels(
  ids: readonly string[],
  clock: Clock,
  /** The tunnel has had its time, and has not come. */
  onGivenUp: (tunnelId: string) => void,
): AwaitedTunnels {
  const awaited = new Map(ids.map((id) => [id, new Set<() => void>()]));
  let waiting = 0;
  let released = 0;

  function release(tunnelId: string): void {
    const retries = awaited.get(tunnelId);
    if (awaited.delete(tunnelId)) released += 1;
    for (const retry of retries ?? []) {
      waiting -= 1;
      retry();
    }
  }

  return {
    get size() {
      return awaited.size;
    },
    get released() {
      return released;
    },
    has: (tunnelId) => awaited.has(tunnelId),
    whenBack(tunnelId, retry) {
      const retries = awaited.get(tunnelId);
      if (!retries || waiting >= MAX_WAITING) return null;
      waiting += 1;
      retries.add(retry);
      return () => {
        // Unless it has been called.
        if (awaited.get(tunnelId)?.delete(retry)) waiting -= 1;
      };
    },
    begin() {
      clock.after(AWAIT_MS, () => {
        for (const tunnelId of [...awaited.keys()]) {
          release(tunnelId);
          onGivenUp(tunnelId);
        }
      });
    },
    release,
  };
}
