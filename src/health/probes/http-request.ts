import type { OutgoingHttpHeaders } from 'node:http';
import { canonicalAuthority } from '../../net/host.js';
import { parseIp } from '../../net/ip.js';
import type { ProbeTarget } from './probe.js';

/** One request of a probe; redirects make the next one from it. */
export interface HttpProbeRequest {
  readonly secure: boolean;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Value of the Host header, in canonical form. */
  readonly host: string;
  readonly headers: OutgoingHttpHeaders;
  /** The name for SNI; null sends none. */
  readonly serverName: string | null;
}

/** Set by the probe alone, whatever the monitor says. */
const RESERVED = new Set(['host', 'user-agent', 'connection']);

/**
 * The first request for `target`. Host: the origin's own, else the monitor's, else the address, without the port even
 * when it is not the default one. SNI: the Host header when one is configured, else the address when it is a name.
 */
export function firstRequest({ poolId, origin, monitor }: ProbeTarget): HttpProbeRequest {
  const configured = origin.host ?? headerValue(monitor.header, 'host');
  const address = parseIp(origin.address)?.family === 6 ? `[${origin.address}]` : origin.address;
  const host = canonicalAuthority(configured ?? address);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of Object.entries(monitor.header)) {
    if (!RESERVED.has(name.toLowerCase())) headers[name] = [...values];
  }
  headers['User-Agent'] = userAgent(poolId);
  headers.Connection = 'close';
  return {
    secure: monitor.type === 'https',
    method: monitor.method,
    path: monitor.path,
    host,
    headers,
    serverName: serverNameOf(host),
  };
}

/** How connectors and origins recognise a health check: the start is what Cloudflare's own sends. */
export function userAgent(poolId: string): string {
  const product = 'Cloudflare-Traffic-Manager/1.0; +https://www.cloudflare.com/traffic-manager/';
  return `Mozilla/5.0 (compatible; ${product}; pool-id: ${poolId.slice(0, 16)})`;
}

/** The name in a Host header, without its port and the brackets of an IPv6 address. */
export function hostName(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  return parseIp(host) ? host : host.replace(/:\d*$/, '');
}

/** An IP address cannot be an SNI. */
export function serverNameOf(host: string): string | null {
  const name = hostName(host);
  return parseIp(name) ? null : name;
}

function headerValue(header: ProbeTarget['monitor']['header'], wanted: string): string | undefined {
  return Object.entries(header).find(([name]) => name.toLowerCase() === wanted)?.[1][0];
}
