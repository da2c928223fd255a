import type { Logger } from 'pino';
import { type AddressMap, type HostPort, parseMap } from './address-map.js';
import { parseEdge } from './edge-addresses.js';
import {
  type ConfigurationInput,
  type IngressConfiguration,
  parseConfiguration,
} from './ingress/configuration.js';
import { decodeToken, type TunnelCredentials } from './token.js';

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
  readonly log: Logger;
  /** Milliseconds that open streams get to end after `close`; 30 s when absent. */
  readonly gracePeriodMs?: number;
  /** Shown by the API; `offramp/0.1.0` when absent. */
  readonly version?: string;
}

export interface ConnectorSettings {
  readonly credentials: TunnelCredentials;
  readonly edges: readonly HostPort[];
  readonly ca: string;
  readonly map: AddressMap;
  readonly connections: number;
  readonly log: Logger;
  readonly gracePeriodMs: number;
  readonly version: string;
  readonly configuration: IngressConfiguration;
}

const MAX_CONNECTIONS = 16;
/** No timer takes more: it would be over at once. */
const MAX_GRACE_MS = 2 ** 31 - 1;

/** Throws what is wrong with the first option that is. */
export function readOptions(options: ConnectorOptions): ConnectorSettings {
  const credentials = decodeToken(options.token);
  const edges = [options.edge].flat().map(parseEdge);
  if (edges.length === 0) throw new Error('a connector needs the address of an edge, such as 127.0.0.1:7844');
  const { ingress, originRequest, 'warp-routing': warpRouting } = options;
  return {
    credentials,
    edges,
    ca: options.ca,
    map: readMap(options.map ?? {}),
    connections: checkCount(options.connections ?? 4),
    log: options.log,
    gracePeriodMs: checkGracePeriod(options.gracePeriodMs ?? 30_000),
    version: options.version ?? 'offramp/0.1.0',
    configuration: parseConfiguration({ ingress, originRequest, 'warp-routing': warpRouting }),
  };
}

function readMap(map: NonNullable<ConnectorOptions['map']>): AddressMap {
  const entries = map instanceof Map ? [...map] : Object.entries(map);
  return parseMap(entries.map(([from, to]) => `${from}=${to}`));
}

function checkGracePeriod(ms: number): number {
  if (ms >= 0 && ms <= MAX_GRACE_MS) return ms;
  throw new Error(`the grace period has 0 to ${MAX_GRACE_MS} milliseconds, not ${ms}`);
}

function checkCount(connections: number): number {
  if (Number.isInteger(connections) && connections >= 1 && connections <= MAX_CONNECTIONS) return connections;
  throw new Error(`a connector has 1 to ${MAX_CONNECTIONS} connections, not ${connections}`);
}
