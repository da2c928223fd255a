import type { Logger } from 'pino';
import type { ConnectionInfo } from '../../bridge/messages.js';
import type { Clock } from '../../net/clock.js';
import type { Connection } from './connection.js';
import type { Registry } from './registry.js';
import type { TunnelSocket } from './tunnel-socket.js';

/** What names a connector. */
type ConnectorId = Pick<ConnectionInfo, 'tunnelId' | 'clientId' | 'originIp'>;

/** Which destinations each connector could not reach of late: its network may be down while its tunnel is up. */
export interface Reachability {
  /** The connector reports that it could not reach `destination`, or has not answered in time. */
  failed(connector: ConnectorId, destination: string, reason: string): void;
  reached(connector: ConnectorId, destination: string): void;
  /** Why others are the better choice at this moment; null when the connector is as good as any. */
  whyAvoided(connector: ConnectorId, destination: string): string | null;
  /** Called when a connector of the tunnel becomes doubtful for a destination, and when it has reached it again. */
  onChange(listener: (tunnelId: string, destination: string) => void): void;
}

/** How long others are preferred: longer than a burst of requests, shorter than anybody waits for a repaired network to count. */
export const AVOIDED_MS = 10_000;
/** Failures that are remembered; the oldest go first. */
const MAX_FAILURES = 16_384;

interface Failure {
  readonly reason: string;
  /** Of the monotonic clock. */
  readonly avoidedUntil: number;
}

/** As operators know it: by what the API and cloudflared's log call it, and by its address. */
export const connectorName = ({ clientId, originIp }: ConnectorId) => `connector ${clientId} (${originIp})`;

/**
 * A bounded memory of failures. A failure stays known after it has stopped to count, so that a connector which fails for
 * hours is one line of the log, and its recovery another.
 */
export function createReachability({ clock, log }: { clock: Clock; log: Logger }): Reachability {
  /** Oldest first. */
  const failures = new Map<string, Failure>();
  const listeners: ((tunnelId: string, destination: string) => void)[] = [];
  const tellChange = (tunnelId: string, destination: string) => {
    for (const tell of listeners) tell(tunnelId, destination);
  };
  const keyOf = ({ tunnelId, clientId }: ConnectorId, destination: string) =>
    `${tunnelId} ${clientId} ${destination}`;
  const fieldsOf = ({ tunnelId, clientId, originIp }: ConnectorId, destination: string) => ({
    tunnelId,
    clientId,
    originIp,
    destination,
  });

  return {
    failed(connector, destination, reason) {
      const key = keyOf(connector, destination);
      const before = failures.get(key);
      failures.delete(key);
      if (failures.size >= MAX_FAILURES) failures.delete(failures.keys().next().value as string);
      const now = clock.monotonic();
      failures.set(key, { reason, avoidedUntil: now + AVOIDED_MS });
      if (!before) log.warn({ ...fieldsOf(connector, destination), reason }, 'edge: connector cannot reach');
      if (!before || before.avoidedUntil <= now) tellChange(connector.tunnelId, destination);
    },
    reached(connector, destination) {
      if (failures.size === 0 || !failures.delete(keyOf(connector, destination))) return;
      log.info(fieldsOf(connector, destination), 'edge: connector reaches again');
      tellChange(connector.tunnelId, destination);
    },
    whyAvoided(connector, destination) {
      if (failures.size === 0) return null;
      const failure = failures.get(keyOf(connector, destination));
      return failure && clock.monotonic() < failure.avoidedUntil ? failure.reason : null;
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

/** The sockets that connectors carry. One whose connector becomes doubtful while another one is not emits `connectorDoubtful`. */
export interface CarriedSockets {
  /** Until the socket closes. */
  add(connector: ConnectorId, destination: string, socket: TunnelSocket): void;
}

/** A socket that is told may cost as much as a new request: between so many, everything else on the thread gets its turn. */
const SOCKETS_PER_TURN = 64;

type Carried = ReadonlyMap<TunnelSocket, ConnectorId>;

export function createCarriedSockets(
  registry: Pick<Registry, 'connectors'>,
  reachability: Pick<Reachability, 'onChange' | 'whyAvoided'>,
): CarriedSockets {
  /** By tunnel and destination; never holds an empty map. */
  const sockets = new Map<string, Map<TunnelSocket, ConnectorId>>();
  /** Those that are being looked at, turn by turn. */
  const looking = new Set<string>();
  const keyOf = (tunnelId: string, destination: string) => `${tunnelId} ${destination}`;

  reachability.onChange((tunnelId, destination) => {
    const key = keyOf(tunnelId, destination);
    if (!sockets.has(key) || looking.has(key)) return;
    looking.add(key);
    // Connectors that fail together are told one after the other: only then it is known whether any is left.
    setImmediate(() => {
      looking.delete(key);
      const carried = sockets.get(key);
      if (carried && othersReach(tunnelId, destination)) tell(carried, [...carried.keys()], destination, 0);
    });
  });

  const othersReach = (tunnelId: string, destination: string) =>
    registry
      .connectors(tunnelId)
      .some(({ info, usable }) => usable && reachability.whyAvoided(info, destination) === null);

  function tell(carried: Carried, all: readonly TunnelSocket[], destination: string, from: number): void {
    const end = from + SOCKETS_PER_TURN;
    for (const socket of all.slice(from, end)) {
      const connector = carried.get(socket);
      if (connector && reachability.whyAvoided(connector, destination) !== null)
        socket.emit('connectorDoubtful', connectorName(connector));
    }
    if (end < all.length) setImmediate(() => tell(carried, all, destination, end));
  }

  return {
    add(connector, destination, socket) {
      const key = keyOf(connector.tunnelId, destination);
      const carried = sockets.get(key) ?? new Map<TunnelSocket, ConnectorId>();
      sockets.set(key, carried.set(socket, connector));
      socket.once('close', () => {
        if (carried.delete(socket) && carried.size === 0 && sockets.get(key) === carried) sockets.delete(key);
      });
    },
  };
}

/** Whose turn it is to carry a health check. */
export interface CheckTurns {
  /** The client id of one of `connectors`, of which there is at least one: each in turn for this destination. */
  next(tunnelId: string, destination: string, connectors: readonly Connection[]): string;
}

/** Destinations whose turn is remembered; the oldest go first. */
const MAX_DESTINATIONS = 16_384;

/**
 * Checks go through the connectors of a tunnel in turn: chosen by load as traffic is, they could go round one whose network is
 * dead for as long as streams that get no answer stay open in it.
 */
export function createCheckTurns(): CheckTurns {
  /** The one before, least recently asked first. */
  const turns = new Map<string, number>();
  return {
    next(tunnelId, destination, connectors) {
      const key = `${tunnelId} ${destination}`;
      const turn = ((turns.get(key) ?? -1) + 1) % connectors.length;
      turns.delete(key);
      if (turns.size >= MAX_DESTINATIONS) turns.delete(turns.keys().next().value as string);
      turns.set(key, turn);
      return connectors[turn]!.info.clientId;
    },
  };
}
