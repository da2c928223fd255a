import { type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { HEADER_BYTES } from '../../net/header-limits.js';
import {
  DialError,
  MAX_REDIALS,
  type OriginAddress,
  type RequestStream,
  type TunnelRequest,
} from '../../offramps/contract.js';
import { isConnectorField, originFields, rawField, whoAnswers } from '../../offramps/ingress-answer.js';
import type { HttpProbeAnswer } from './http-exchange.js';
import type { HttpProbeRequest } from './http-request.js';
import { ProbeFailure, type ProbeMeans } from './probe.js';

/** HTTP/2 RST_STREAM. */
const CANCEL = 8;
/** About one connection, and so nothing that HTTP/2 could carry. */
const OF_CONNECTIONS =
  /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te|expect|content-length)$/i;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PATH = /^[\x21-\xff]+$/;

/**
 * Sends one request to an origin behind the ingress rules of a tunnel, which choose by its host and path, and resolves with
 * the head of the answer. Everything ends when `signal` is aborted. Rejects with a ProbeFailure or a DialError; `TCP
 * connection failed` when the connector got no answer from its service.
 */
export async function exchangeThroughIngress(
  origin: OriginAddress,
  probe: HttpProbeRequest,
  means: ProbeMeans,
  signal: AbortSignal,
): Promise<HttpProbeAnswer> {
  const headers = compose(probe);
  for (let redials = 0; ; redials += 1) {
    try {
      return await ask(origin, headers, means, signal);
    } catch (error) {
      const lost = error instanceof DialError && error.failure === 'reset';
      if (!lost || redials === MAX_REDIALS || signal.aborted) throw error;
    }
  }
}

function compose({ method, path, host, headers }: HttpProbeRequest): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = { 'accept-encoding': 'identity' };
  try {
    for (const [name, value] of Object.entries(headers)) {
      if (OF_CONNECTIONS.test(name) || isConnectorField(name)) continue;
      const text = [value].flat().join(name.toLowerCase() === 'cookie' ? '; ' : ', ');
      validateHeaderName(name);
      validateHeaderValue(name, text);
      fields[name.toLowerCase()] = text;
    }
    validateHeaderValue('host', host);
    if (!METHOD.test(method) || !PATH.test(path)) throw new TypeError(`cannot ask with ${method} ${path}`);
  } catch (error) {
    throw new ProbeFailure('Monitor Config Error', { cause: error });
  }
  return { ...fields, ':method': method, ':scheme': 'https', ':authority': host, ':path': path };
}

function ask(
  origin: OriginAddress,
  headers: OutgoingHttpHeaders,
  { offramps }: ProbeMeans,
  signal: AbortSignal,
): Promise<HttpProbeAnswer> {
  return new Promise((resolve, reject) => {
    let lost: DialError | undefined;
    const onLost = (reason: string) => {
      lost = new DialError('reset', `the tunnel connection was lost: ${reason}`);
    };
    const sent = offramps.request(origin, headers, { endStream: true, onLost });
    const { stream } = sent;
    const failure = () =>
      signal.aborted
        ? new ProbeFailure('HTTP timeout occurred')
        : (lost ?? new ProbeFailure('HTTP Invalid Response'));
    cancelOnAbort(sent, signal);
    stream.once('close', () => reject(failure()));
    stream.once('response', (_headers: unknown, _flags: number, raw: readonly string[]) => {
      try {
        resolve({
          ...readHead(raw),
          body: (maxBytes) => readWindow(stream, maxBytes, failure),
          discard: () => stream.close(CANCEL),
        });
      } catch (error) {
        stream.close(CANCEL);
        reject(error);
      }
    });
  });
}

function cancelOnAbort({ stream, suspect }: TunnelRequest, signal: AbortSignal): void {
  let answered = false;
  const cancel = () => {
    if (!answered) suspect();
    stream.close(CANCEL);
    // What has arrived and nobody wants would keep it open.
    stream.resume();
  };
  stream.once('response', () => {
    answered = true;
  });
  stream.once('close', () => signal.removeEventListener('abort', cancel));
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
}

function readHead(raw: readonly string[]): Pick<HttpProbeAnswer, 'status' | 'headers'> {
  try {
    if (whoAnswers(rawField(raw, 'cf-cloudflared-response-meta')) === 'connector')
      throw new ProbeFailure('TCP connection failed');
    const fields = originFields(rawField(raw, 'cf-cloudflared-response-headers') ?? '');
    const bytes = fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    if (bytes > HEADER_BYTES) throw new ProbeFailure('HTTP Invalid Response');
    const location = fields.find(([name]) => name.toLowerCase() === 'location')?.[1];
    return {
      status: Number(rawField(raw, ':status')),
      headers: location === undefined ? {} : { location },
    };
  } catch (error) {
    throw error instanceof SyntaxError ? new ProbeFailure('HTTP Invalid Response', { cause: error }) : error;
  }
}

function readWindow(stream: RequestStream, maxBytes: number, failure: () => Error): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = () => resolve(Buffer.concat(chunks).subarray(0, maxBytes));
    if (stream.readableEnded) return done();
    if (stream.destroyed) return reject(failure());
    stream.on('data', (chunk: Buffer) => {
      if (size >= maxBytes) return;
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxBytes) done();
    });
    // A stream that was reset ends as well.
    stream.once('end', () => (stream.rstCode ? reject(failure()) : done()));
    stream.once('close', () => reject(failure()));
  });
}
