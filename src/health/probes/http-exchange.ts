import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { HEADER_BYTES } from '../../net/header-limits.js';
import { reasonOfHttpError } from '../failure-reason.js';
import type { HttpProbeRequest } from './http-request.js';
import { ProbeFailure } from './probe.js';

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
