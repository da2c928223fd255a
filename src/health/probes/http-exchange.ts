import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { HEADER_BYTES } from '../../domain/http-fields.js';
import { parseIp } from '../../net/addresses.js';
import { canonicalAuthority } from '../../net/hostnames.js';
import { ProbeFailure, type ProbeTarget, reasonOfHttpError } from './probe.js';

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
function userAgent(poolId: string): string {
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

/** An answer whose body has not been read. */
export interface HttpProbeAnswer {
  readonly status: number;
  readonly headers: Pick<IncomingHttpHeaders, 'location'>;
  /** At most the first `maxBytes` of the body. Rejects with a ProbeFailure when the body breaks off before that. */
  body(maxBytes: number): Promise<Buffer>;
  /** Gives up the body, and with it the connection. */
  discard(): void;
}

/**
 * Sends one request over `stream`, which is connected and must be destroyed by `signal`, and resolves with the head of
 * the answer, which has the limits of traffic. Rejects with a ProbeFailure.
 */
export async function exchange(
  stream: Duplex,
  probe: HttpProbeRequest,
  signal: AbortSignal,
): Promise<HttpProbeAnswer> {
  const outgoing = compose(stream, probe);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    let answered = false;
    outgoing.on('response', (incoming) => {
      answered = true;
      resolve(incoming);
    });
    outgoing.on('error', (error) => reject(failureOf(error, signal)));
    // An answer that is not one, such as a protocol switch that nobody asked for, ends without an error.
    outgoing.on('close', () => {
      if (!answered) reject(failureOf(undefined, signal));
    });
    outgoing.end();
  });
  response.on('error', () => {});
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: (maxBytes) => readWindow(response, maxBytes, signal),
    discard: () => response.destroy(),
  };
}

function compose(stream: Duplex, { method, path, host, headers }: HttpProbeRequest): ClientRequest {
  try {
    const outgoing = request({
      method,
      path,
      headers: { Host: host, ...headers },
      createConnection: () => stream,
      maxHeaderSize: HEADER_BYTES,
    });
    // Node's own limit drops fields without a word.
    outgoing.maxHeadersCount = 0;
    return outgoing;
  } catch (error) {
    // The method, the path or a header has characters that HTTP does not allow.
    throw new ProbeFailure('Monitor Config Error', { cause: error });
  }
}

async function readWindow(response: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxBytes) break;
    }
  } catch (error) {
    throw failureOf(error as Error, signal);
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

function failureOf(error: Error | undefined, signal: AbortSignal): ProbeFailure {
  if (signal.aborted) return new ProbeFailure('HTTP timeout occurred', { cause: error });
  return new ProbeFailure(error ? reasonOfHttpError(error) : 'HTTP Invalid Response', { cause: error });
}
