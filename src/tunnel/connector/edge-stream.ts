import type { IncomingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { onEnd, resetStream } from '../../net/stream-ends.js';
import type { ServingStream } from '../h2/stream.js';
import type { ConnectorLog, Counts } from './contract.js';

/** A stream that the edge has opened. */
export type EdgeStream = ServingStream;

export interface EdgeRequest {
  readonly stream: EdgeStream;
  /** By lower-case name, repeated ones joined. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** The headers were all: there is no body. */
  readonly endStream: boolean;
}

/** Breaks a stream off, so that the edge cannot take it for one that has ended in good order. */
export function breakOff(stream: EdgeStream, reason: string): void {
  if (!stream.destroyed) stream.destroy(new Error(reason));
}

/** Once all of the answer is on its way, what is left of the request is of no use. */
export function closeWhenAnswered(stream: EdgeStream): void {
  stream.once('finish', () => stream.close());
}

/** Reads a body whole, for services that must be told its length first. Null when it is longer than `limit` bytes. */
export async function collectBody(stream: EdgeStream, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A request for a service of an ingress rule. */
export interface IngressRequest extends EdgeRequest {
  readonly method: string;
  /** The visitor's Host. */
  readonly authority: string;
  /** Path and query, as the service gets them. */
  readonly target: string;
  /** The visitor has asked for a WebSocket. */
  readonly isWebSocket: boolean;
}

/** What serving a request needs besides. */
export interface IngressContext {
  readonly counts: Counts;
  readonly log: ConnectorLog;
  /** UUID of this connector, which services are told. */
  readonly clientId: string;
}

/** Serves the requests of one rule. */
export interface OpenService {
  serve(request: IngressRequest): void;
  /** Lets what is under way end, and keeps nothing open besides. */
  retire(): void;
}

/** The service cannot be reached, or has broken off. */
export function failRequest(
  { stream, method }: IngressRequest,
  { counts, log }: IngressContext,
  reason: string,
): void {
  if (stream.destroyed) return;
  counts.requestErrors += 1;
  log.warn({ reason }, 'connector: request failed');
  if (stream.headersSent) breakOff(stream, reason);
  else refuse(stream, 502, reason, method);
}

/** What cannot be said in HTTP/2, or not in HTTP/1.1, fails the request and nothing else. */
export function guard(request: IngressRequest, context: IngressContext, act: () => void): void {
  try {
    act();
  } catch (error) {
    failRequest(request, context, (error as Error).message);
  }
}

/**
 * Answers a stream that cannot be served, in a way that edges recognise as the connector's own word. The reason is its body,
 * unless `method` is HEAD.
 */
export function refuse(
  stream: EdgeStream,
  status: 400 | 413 | 502 | 503,
  reason: string,
  method = 'GET',
): void {
  answer(stream, status, '{"src":"cloudflared"}', method === 'HEAD' ? null : reason);
}

/** The origin of a raw TCP stream could not be connected to; `code` is the system's, such as ECONNREFUSED. */
export function refuseDial(stream: EdgeStream, code: string, reason: string): void {
  answer(stream, 502, JSON.stringify({ src: 'cloudflared', dial_error: code }), reason);
}

/** There are as many raw TCP streams as the configuration allows. */
export function refuseFlow(stream: EdgeStream, reason: string): void {
  answer(stream, 502, '{"src":"cloudflared","flow_rate_limited":true}', reason);
}

function answer(stream: EdgeStream, status: number, meta: string, reason: string | null): void {
  if (stream.destroyed || stream.headersSent) return;
  closeWhenAnswered(stream);
  const headers = { ':status': status, 'cf-cloudflared-response-meta': meta, 'content-type': 'text/plain' };
  stream.respond(headers, { endStream: reason === null });
  if (reason !== null) stream.end(`${reason}\n`);
}

/** How long an origin may take no byte of what is left for it once its stream is over. */
const LAST_BYTES_MS = 60_000;

/**
 * Passes bytes both ways between an answered stream and a socket that may be half-open, no faster than the slower one takes
 * them. Each direction ends by itself, behind its last byte: END_STREAM becomes FIN, and FIN becomes END_STREAM. When either
 * side breaks off, the other one is reset, so that nobody takes what has arrived for the whole.
 */
export function splice(stream: EdgeStream, origin: Duplex): void {
  let originEnded = false;
  stream.pipe(origin);
  origin.pipe(stream, { end: false });
  onEnd(origin, () => {
    originEnded = true;
    stream.end();
  });
  origin.once('close', () => {
    if (!originEnded || !origin.writableFinished) breakOff(stream, 'the origin broke off');
  });
  stream.once('close', () => {
    if (!stream.readableEnded || !stream.writableFinished) resetStream(origin);
    else (origin as Socket).setTimeout(LAST_BYTES_MS, () => resetStream(origin));
  });
}
