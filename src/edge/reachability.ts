import type { Logger } from 'pino';
import type { ConnectionInfo } from '../live/messages.js';
import type { Clock } from '../net/clock.js';

/** What names a connector. */
export type ConnectorId = Pick<ConnectionInfo, 'tunnelId' | 'clientId' | 'originIp'>;

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
