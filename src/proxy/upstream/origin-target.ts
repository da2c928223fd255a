import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { canonicalAuthority, canonicalHost, tunnelBefore } from '../../net/hostnames.js';
import type { LiveOrigin } from '../../state/snapshot.js';
import { writeMessage } from '../http/message-head.js';
import type { RequestHead } from '../http/request-head.js';

const DEFAULT_PORT = 80;
const TLS_PORT = 443;

/** How one origin is spoken to for one host name. */
export interface OriginTarget {
  readonly origin: LiveOrigin;
  /** For the counts: connections with the same key may serve several pools. */
  readonly poolId: string;
  /** The tunnel whose ingress rules lead to it, over HTTP alone; null when bytes go to its port. */
  readonly tunnelId: string | null;
  /** For the Host field, in canonical form; null when it is what the client asked for. */
  readonly host: string | null;
  /** Without a meaning when there is a `tunnelId`. */
  readonly port: number;
  readonly tls: boolean;
  /** The name for SNI and for the certificate; null when it is an IP address or when there is no TLS. */
  readonly serverName: string | null;
  /** Connections with the same key lead to the same place in the same way. */
  readonly key: string;
  /** The address and port, and the network that they are in; several keys may lead there. */
  readonly endpoint: string;
}

/** The keys of what leads to an endpoint. */
interface EndpointIndex {
  add(target: Pick<OriginTarget, 'key' | 'endpoint'>): void;
  remove(target: Pick<OriginTarget, 'key' | 'endpoint'>): void;
  keysOf(endpoint: string): readonly string[];
  clear(): void;
}

export function createEndpointIndex(): EndpointIndex {
  /** Never holds an empty set. */
  const keys = new Map<string, Set<string>>();
  return {
    add({ key, endpoint }) {
      const known = keys.get(endpoint);
      if (known) known.add(key);
      else keys.set(endpoint, new Set([key]));
    },
    remove({ key, endpoint }) {
      const known = keys.get(endpoint);
      if (known?.delete(key) && known.size === 0) keys.delete(endpoint);
    },
    keysOf: (endpoint) => [...(keys.get(endpoint) ?? [])],
    clear: () => keys.clear(),
  };
}

const plainTargets = new WeakMap<LiveOrigin, OriginTarget>();

/** The target of the pool's `origin` for a client that asked for `host` (canonical, without port). Port 443 means TLS. */
export function originTarget(origin: LiveOrigin, host: string, poolId: string): OriginTarget {
  const known = plainTargets.get(origin);
  if (known?.poolId === poolId) return known;
  const tunnelId = tunnelBefore(origin);
  const ownHost = origin.host && canonicalAuthority(origin.host);
  const port = origin.port || DEFAULT_PORT;
  const endpoint = `${origin.virtualNetworkId ?? 'direct'} ${origin.ip ?? origin.address} ${port}`;
  if (port === TLS_PORT && tunnelId === null) {
    const serverName = nameOf(ownHost ?? host);
    const key = `${endpoint} tls ${serverName ?? ''}`;
    return { origin, poolId, tunnelId, host: ownHost, port, tls: true, serverName, key, endpoint };
  }
  const target = {
    origin,
    poolId,
    tunnelId,
    host: ownHost,
    port,
    tls: false,
    serverName: null,
    key: endpoint,
    endpoint,
  };
  plainTargets.set(origin, target);
  return target;
}

/** The name in `host[:port]`; null for an IP address, which SNI cannot carry. */
function nameOf(authority: string): string | null {
  if (authority.startsWith('[')) return null;
  const name = canonicalHost(authority.replace(/:\d*$/, ''));
  return isIP(name) ? null : name;
}

/** One request as an origin gets it. */
export interface OriginRequest {
  readonly head: RequestHead;
  /** For the Host field: the origin's override, or what the client asked for. */
  readonly host: string;
  /** The field lines that this proxy adds to those of the head that go on, each with its CRLF. */
  readonly fields: string;
  /** Client ids of the connectors that had no answer to it: others are asked first. */
  readonly failedConnectors?: ReadonlySet<string> | null;
}

/** The field lines that an origin gets behind `Host`. */
export const originFieldLines = ({ head, fields }: OriginRequest): string => head.passedOn + fields;

/** The whole head for one origin, in HTTP/1.1. */
export function originRequestHead(request: OriginRequest): string {
  return `${originRequestLine(request)}${originFieldLines(request)}\r\n`;
}

/** Request line and `Host`. */
function originRequestLine({ head, host }: OriginRequest): string {
  return `${head.method} ${head.target} HTTP/1.1\r\nHost: ${host}\r\n`;
}

/** Writes it, and returns what `write` returns. */
export function writeOriginRequest(socket: Duplex, request: OriginRequest): boolean {
  const written = writeMessage(socket, originRequestLine(request), request.head, `${request.fields}\r\n`);
  return written ?? socket.write(originRequestHead(request), 'latin1');
}
