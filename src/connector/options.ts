import { type AddressMap, type HostPort, parseMap } from './address-map.js';
import type { ConnectorLog, ConnectorOptions } from './contract.js';
import { parseEdge } from './edge-addresses.js';
import { type IngressConfiguration, parseConfiguration } from './ingress/configuration.js';
import { decodeToken, type TunnelCredentials } from './token.js';

export interface ConnectorSettings {
  readonly credentials: TunnelCredentials;
  readonly edges: readonly HostPort[];
  readonly ca: string;
  readonly map: AddressMap;
  readonly connections: number;
  readonly log: ConnectorLog;
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
