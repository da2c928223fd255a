import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { parseIp } from '../../net/addresses.js';
import { canonicalAuthority } from '../../net/hostnames.js';
import type { LiveMonitor } from '../../state/snapshot.js';
import { type HttpProbeAnswer, readAnswer } from './http-answer.js';
import { type Cancellation, ProbeFailure, type ProbeTarget } from './probe.js';

/** One request of a probe; redirects make the next one from it. */
export interface HttpProbeRequest {
  readonly secure: boolean;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Value of the Host header, in canonical form. */
  readonly host: string;
  readonly userAgent: string;
  /** Besides Host, User-Agent and `Connection: close`. */
  readonly fields: ProbeFields;
  /** The name for SNI; null sends none. */
  readonly serverName: string | null;
}

/** Header fields as a monitor has them, and as they are sent. */
export interface ProbeFields {
  readonly byName: Readonly<Record<string, readonly string[]>>;
  /** Each line with its CRLF; null when one of them has characters that HTTP does not allow. */
  readonly lines: string | null;
  /** They say how long the body is, which there is none of. */
  readonly framed: boolean;
  /** They say that it comes in chunks, and so the last one must. */
  readonly chunked: boolean;
}

/** Set by the probe alone, whatever the monitor says. */
const RESERVED = new Set(['host', 'user-agent', 'connection']);

export const NO_FIELDS = readFields({});
/** Made once for each monitor: it checks many origins, over and over. */
const fieldsOfMonitors = new WeakMap<LiveMonitor, ProbeFields>();

function fieldsOf(monitor: LiveMonitor): ProbeFields {
  const known = fieldsOfMonitors.get(monitor) ?? readFields(monitor.header);
  fieldsOfMonitors.set(monitor, known);
  return known;
}

function readFields(header: LiveMonitor['header']): ProbeFields {
  const byName: Record<string, readonly string[]> = {};
  /** By name in lower case: of one that is spelled in two ways the last one counts. */
  const lines = new Map<string, string>();
  let valid = true;
  for (const [name, values] of Object.entries(header)) {
    const key = name.toLowerCase();
    if (RESERVED.has(key)) continue;
    byName[name] = values;
    const sent = key === 'cookie' ? [values.join('; ')] : values;
    valid &&= isToken(name) && sent.every(isFieldValue);
    lines.set(key, sent.map((value) => `${name}: ${value}\r\n`).join(''));
  }
  const coding = lines.get('transfer-encoding');
  return {
    byName,
    lines: valid ? [...lines.values()].join('') : null,
    framed: coding !== undefined || lines.has('content-length'),
    chunked: /\bchunked\b/i.test(coding ?? ''),
  };
}

/**
 * The first request for `target`. Host: the origin's own, else the monitor's, else the address, without the port even
 * when it is not the default one. SNI: the Host header when one is configured, else the address when it is a name.
 */
export function firstRequest({ poolId, origin, monitor }: ProbeTarget): HttpProbeRequest {
  const configured = origin.host ?? hostOf(monitor.header);
  const host = canonicalAuthority(configured ?? bracketed(origin.address));
  return {
    secure: monitor.type === 'https',
    method: monitor.method,
    path: monitor.path,
    host,
    userAgent: userAgent(poolId),
    fields: fieldsOf(monitor),
    serverName: serverNameOf(host),
  };
}

const bracketed = (address: string) =>
  address.includes(':') && parseIp(address)?.family === 6 ? `[${address}]` : address;

/** How connectors and origins recognise a health check: the start is what Cloudflare's own sends. */
function userAgent(poolId: string): string {
  const product = 'Cloudflare-Traffic-Manager/1.0; +https://www.cloudflare.com/traffic-manager/';
  return `Mozilla/5.0 (compatible; ${product}; pool-id: ${poolId.slice(0, 16)})`;
}

/** The name in a Host header, without its port and the brackets of an IPv6 address. */
export function hostName(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  return isIP(host) ? host : host.replace(/:\d*$/, '');
}

/** An IP address cannot be an SNI. */
export function serverNameOf(host: string): string | null {
  const name = hostName(host);
  return isIP(name) ? null : name;
}

function hostOf(header: LiveMonitor['header']): string | undefined {
  for (const name in header) if (name.toLowerCase() === 'host') return header[name]![0];
  return undefined;
}

/**
 * Sends one request over `stream`, which is connected and must be destroyed by `cancellation`, and resolves with the head of
 * the answer, which has the limits of traffic. Rejects with a ProbeFailure.
 */
export function exchange(
  stream: Duplex,
  probe: HttpProbeRequest,
  cancellation: Cancellation,
): Promise<HttpProbeAnswer> {
  const method = probe.method.toUpperCase() || 'GET';
  stream.write(compose(method, probe), 'latin1');
  return readAnswer(stream, method, cancellation);
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const PATH = /^[\x21-\xff]+$/;

const isToken = (text: string) => TOKEN.test(text);
const isFieldValue = (text: string) => FIELD_VALUE.test(text);

/** Whether the method, the path and the host have nothing but characters that HTTP allows. */
export const canAsk = (method: string, path: string, host: string) =>
  TOKEN.test(method) && PATH.test(path) && FIELD_VALUE.test(host);

/** A request with one of these has no body, and does not say so (RFC 9110 section 8.6). */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** All of the request, in latin1. Throws a ProbeFailure when a part of it has characters that HTTP does not allow. */
function compose(method: string, { path, host, userAgent, fields }: HttpProbeRequest): string {
  const target = path || '/';
  const { lines, framed, chunked } = fields;
  if (lines === null || !canAsk(method, target, host)) throw new ProbeFailure('Monitor Config Error');
  const length = framed || WITHOUT_BODY.has(method) ? '' : 'Content-Length: 0\r\n';
  const end = chunked ? '\r\n0\r\n\r\n' : '\r\n';
  return `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}User-Agent: ${userAgent}\r\nConnection: close\r\n${length}${end}`;
}
