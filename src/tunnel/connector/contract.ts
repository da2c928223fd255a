// What the library's users see of a connector. No declaration here leads to another package: those of ours are made of them.
import type { ConfigurationInput, WarpRouting } from './ingress/configuration.js';
import type { OriginRequestSettings } from './ingress/origin-request.js';

/** Where a connector tells what happens. A logger of pino is one. */
export interface ConnectorLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** From an `ip:port` as the edge asks for it to the `host:port` that is dialled in its place. */
export type AddressMap = ReadonlyMap<string, string>;

/** The connector's own configuration is in `ingress`, `originRequest` and `warp-routing`; an edge may replace it. */
export interface ConnectorOptions extends ConfigurationInput {
  /** As the API gives it for a tunnel. */
  readonly token: string;
  /**
   * Addresses of edges, `host:port`. A host name stands for all of its addresses, and is resolved at every attempt. The
   * connections are spread over the addresses, and take the next one when one fails; one is enough.
   */
  readonly edge: string | readonly string[];
  /** PEM of the authority that has signed the edges' certificates. */
  readonly ca: string;
  /** From an `ip:port` that the edge asks for to the `host:port` that is dialled in its place. */
  readonly map?: AddressMap | Readonly<Record<string, string>>;
  /** 4 when absent. */
  readonly connections?: number;
  readonly log: ConnectorLog;
  /** Milliseconds that open streams get to end after `close`; 30 s when absent. */
  readonly gracePeriodMs?: number;
  /** Shown by the API; `offramp/0.1.0` when absent. */
  readonly version?: string;
}

/** One of the connections that a connector keeps up, as it is now. */
export interface ConnectionState {
  readonly connIndex: number;
  readonly state: 'connecting' | 'registered' | 'waiting' | 'closed';
  /** The address that is dialled, or was last; null before the first. */
  readonly edge: string | null;
  /** Where the edge says that it is, while registered. */
  readonly locationName: string | null;
}

/** A configuration with every setting written out, in the form of cloudflared's `/config`. */
export interface ServedConfiguration {
  readonly version: number;
  readonly config: {
    readonly ingress: readonly ServedRule[];
    /** What is not the default. */
    readonly 'warp-routing': Partial<WarpRouting>;
    readonly originRequest: OriginRequestSettings;
  };
}

interface ServedRule {
  readonly hostname: string;
  readonly path: string | null;
  readonly service: string;
  readonly originRequest: OriginRequestSettings;
}

export interface Connector {
  /** UUID, new for every connector. */
  readonly clientId: string;
  /** The first registration. Rejects when the edge refuses for good, or when `close` comes first. */
  readonly ready: Promise<void>;
  /** By index; those that are still to be started are not among them. */
  readonly connections: readonly ConnectionState[];
  /** What is served now. Version -1 is the connector's own configuration, others are those of the tunnel. */
  readonly configuration: ServedConfiguration;
  readonly counts: Counts;
  /** Unregisters, lets the open streams end for the grace period, then ends them. */
  close(): Promise<void>;
}

/** What a connector has done since it started, for its metrics. Counted by whoever does it. */
export interface Counts {
  /** HTTP requests and raw TCP streams. */
  requests: number;
  concurrentRequests: number;
  requestErrors: number;
  /** Answers of services, by status. */
  readonly responses: Map<number, number>;
  tcpSessions: number;
  activeTcpSessions: number;
  streamConnectErrors: number;
  rateLimitedFlows: number;
  registrations: number;
  readonly registrationFailures: { refused: number; unreachable: number };
  localConfigurations: number;
  localConfigurationErrors: number;
}

export function createCounts(): Counts {
  return {
    requests: 0,
    concurrentRequests: 0,
    requestErrors: 0,
    responses: new Map(),
    tcpSessions: 0,
    activeTcpSessions: 0,
    streamConnectErrors: 0,
    rateLimitedFlows: 0,
    registrations: 0,
    registrationFailures: { refused: 0, unreachable: 0 },
    localConfigurations: 0,
    localConfigurationErrors: 0,
  };
}

export function countResponse({ responses }: Counts, status: number): void {
  responses.set(status, (responses.get(status) ?? 0) + 1);
}
