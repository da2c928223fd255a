import type { Connection } from './connection.js';

export interface Registry {
  /** In the place of the connection with the same connector and index, which is returned. */
  add(connection: Connection): Connection | undefined;
  remove(connection: Connection): void;
  /** Connections that take new streams. */
  of(tunnelId: string): readonly Connection[];
  connected(tunnelId: string): boolean;
  /**
   * The usable connection with the fewest streams, in turn among equals; none of `tried`, and a doubtful one only when there
   * is no other.
   */
  pick(tunnelId: string, tried: ReadonlySet<Connection>): Connection | undefined;
  onAvailability(listener: (tunnelId: string, available: boolean) => void): void;
}

interface TunnelEntry {
  connections: Connection[];
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
        tunnels.set(tunnelId, { connections: [connection], turn: 0 });
        announce(tunnelId, true);
        return undefined;
      }
      const replaced = entry.connections.find((other) => sameSlot(other, connection));
      entry.connections = [...entry.connections.filter((other) => other !== replaced), connection];
      return replaced;
    },
    remove(connection) {
      const { tunnelId } = connection.info;
      const entry = tunnels.get(tunnelId);
      if (!entry?.connections.includes(connection)) return;
      entry.connections = entry.connections.filter((other) => other !== connection);
      if (entry.connections.length > 0) return;
      tunnels.delete(tunnelId);
      announce(tunnelId, false);
    },
    of: (tunnelId) => tunnels.get(tunnelId)?.connections ?? [],
    connected: (tunnelId) =>
      tunnels.get(tunnelId)?.connections.some((connection) => connection.usable) ?? false,
    pick(tunnelId, tried) {
      const entry = tunnels.get(tunnelId);
      if (!entry) return undefined;
      entry.turn = (entry.turn + 1) % entry.connections.length;
      return leastLoaded(entry, tried);
    },
    onAvailability: (listener) => void listeners.push(listener),
  };
}

function sameSlot(a: Connection, b: Connection): boolean {
  return a.info.clientId === b.info.clientId && a.info.connIndex === b.info.connIndex;
}

/** Starts with the one whose turn it is, and stops at one without any stream. */
function leastLoaded(
  { connections, turn }: TunnelEntry,
  tried: ReadonlySet<Connection>,
): Connection | undefined {
  let best: Connection | undefined;
  for (let i = 0; i < connections.length; i += 1) {
    const connection = connections[(turn + i) % connections.length]!;
    if (best && !isBetter(connection, best)) continue;
    if (!connection.usable || !connection.hasRoom || tried.has(connection)) continue;
    best = connection;
    if (best.inFlight === 0 && !best.doubtful) break;
  }
  return best;
}

function isBetter(a: Connection, b: Connection): boolean {
  return a.doubtful === b.doubtful ? a.inFlight < b.inFlight : b.doubtful;
}
