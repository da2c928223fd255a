import type { OutgoingHttpHeaders } from 'node:http';
import { canonicalAuthority, canonicalHost } from '../../net/host.js';
import { parseIp } from '../../net/ip.js';
import { tunnelBefore } from '../../net/tunnel-hostname.js';
import type { OriginPlace } from '../../offramps/contract.js';
import { type HttpProbeRequest, hostName, serverNameOf } from './http-request.js';

/** Where a request of a probe goes, and what it says. */
export interface Hop {
  readonly origin: OriginPlace;
  readonly port: number;
  readonly request: HttpProbeRequest;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export const isRedirect = (status: number) => REDIRECTS.has(status);

/**
 * The hop that `location` leads to. The host that was asked stays the origin that was dialled; another host is dialled
 * directly. Null when it cannot be followed: no URL, not http(s), or another host than an origin behind a tunnel: what its
 * names mean is known there, and `localhost` would be this machine.
 */
export function nextHop(hop: Hop, status: number, location: string): Hop | null {
  const url = resolve(location, hop.request);
  if (!url) return null;
  const secure = url.protocol === 'https:';
  const sameAuthority =
    canonicalAuthority(url.host) === canonicalAuthority(base(hop.request).host) &&
    secure === hop.request.secure;
  const sameHost = sameAuthority || isOrigin(url, hop);
  const isPrivate = hop.origin.virtualNetworkId !== null || tunnelBefore(hop.origin) !== null;
  if (!sameHost && isPrivate) return null;
  return {
    origin: sameHost ? hop.origin : otherOrigin(url, hop.origin),
    port: sameAuthority ? hop.port : Number(url.port) || (secure ? 443 : 80),
    request: {
      ...hop.request,
      secure,
      method: methodAfter(status, hop.request.method),
      path: `${url.pathname}${url.search}`,
      ...(sameAuthority
        ? {}
        : { host: canonicalAuthority(url.host), serverName: serverNameOf(canonicalAuthority(url.host)) }),
      // The monitor's headers may hold credentials; they are for the origin alone.
      ...(sameHost ? {} : { headers: pick(hop.request.headers, 'User-Agent', 'Connection') }),
    },
  };
}

function base({ secure, host, path }: HttpProbeRequest): URL {
  // In one piece: relative to a base, a path such as `//x` would name another host.
  return new URL(`${secure ? 'https' : 'http'}://${host}${path.startsWith('/') ? path : '/'}`);
}

function resolve(location: string, request: HttpProbeRequest): URL | null {
  try {
    const url = new URL(location, base(request));
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
  } catch {
    return null;
  }
}

/** Whether the URL names the origin itself: by the name it was asked for, or by its address. */
function isOrigin(url: URL, { origin, request }: Hop): boolean {
  const name = canonicalHost(hostName(url.host));
  if (name === canonicalHost(hostName(request.host)) || name === canonicalHost(origin.address)) return true;
  return origin.ip !== null && parseIp(name)?.text === origin.ip;
}

function pick(headers: OutgoingHttpHeaders, ...names: string[]): OutgoingHttpHeaders {
  return Object.fromEntries(names.map((name) => [name, headers[name]]));
}

function otherOrigin(url: URL, { accountId }: OriginPlace): OriginPlace {
  const address = hostName(url.host);
  return { address, ip: parseIp(address)?.text ?? null, virtualNetworkId: null, accountId };
}

/** As browsers do it: 303 always asks with GET, and so do 301 and 302 after a POST. */
function methodAfter(status: number, method: string): string {
  if (status === 303) return method === 'HEAD' ? 'HEAD' : 'GET';
  return (status === 301 || status === 302) && method === 'POST' ? 'GET' : method;
}
