import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { resetStream } from '../../net/stream-ends.js';
import { countResponse } from '../counts.js';
import { closeWhenAnswered } from '../edge-stream.js';
import { splice } from '../splice.js';
import { failRequest, guard, type IngressContext, type IngressRequest } from './ingress-request.js';
import { responseHeaders, trailersForHttp2 } from './response-headers.js';

/** Bytes of an answer that tells its length which wait for the rest: a service that breaks off before them is a 502. */
const HELD_BYTES = 4096;
/** Streams, although they may tell a length: each piece counts. */
const STREAMED_TYPES = /^(?:text\/event-stream|application\/(?:grpc|x-ndjson))/i;

export const brokenOff = (error: Error) => `the service broke off its answer: ${error.message}`;

/** Passes an answer of a service on to the edge, its trailers included. */
export function passAnswer(
  request: IngressRequest,
  context: IngressContext,
  response: IncomingMessage,
): void {
  const { stream, method } = request;
  if (stream.destroyed) {
    response.destroy();
    return;
  }
  const status = response.statusCode!;
  const codings = valuesOf(response, 'transfer-encoding');
  const wrong = whatIsWrong(status, codings);
  if (wrong !== null) {
    response.destroy();
    failRequest(request, context, wrong);
    return;
  }
  const headers = responseHeaders(status, response.rawHeaders);
  closeWhenAnswered(stream);
  if (method === 'HEAD' || status === 204 || status === 304) {
    countResponse(context.counts, status);
    stream.respond(headers, { endStream: true });
    response.resume();
    return;
  }
  response.once('error', (error) => failRequest(request, context, brokenOff(error)));
  // Only chunks can be followed by trailers.
  const waitForTrailers = codings.length > 0;
  if (waitForTrailers)
    stream.once('wantTrailers', () => stream.sendTrailers(trailersForHttp2(response.rawTrailers) ?? {}));
  const begin = (held: readonly Buffer[]) => {
    if (stream.destroyed) return;
    countResponse(context.counts, status);
    stream.respond(headers, { waitForTrailers });
    for (const piece of held) stream.write(piece);
    if (response.readableEnded) stream.end();
    else response.pipe(stream);
  };
  if (headers['content-length'] === undefined || STREAMED_TYPES.test(response.headers['content-type'] ?? ''))
    begin([]);
  else holdBeginning(response, (held) => guard(request, context, () => begin(held)));
}

function whatIsWrong(status: number, codings: readonly string[]): string | null {
  if (status < 200) return `the service answered with the status ${status}`;
  const isPlain = codings.length === 0 || (codings.length === 1 && /^chunked$/i.test(codings[0]!));
  return isPlain
    ? null
    : `the service answered with the transfer coding "${codings.join(', ')}", not chunked`;
}

function valuesOf({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name);
}

/** Calls `begin` with the beginning of the body once that is long enough or all there is; never when it breaks off before. */
function holdBeginning(response: IncomingMessage, begin: (held: readonly Buffer[]) => void): void {
  const held: Buffer[] = [];
  let bytes = 0;
  const settle = () => {
    response.off('data', keep).off('end', settle);
    begin(held);
  };
  const keep = (piece: Buffer) => {
    held.push(piece);
    bytes += piece.length;
    if (bytes >= HELD_BYTES) settle();
  };
  response.on('data', keep).on('end', settle);
}

/** Joins the edge's stream and the socket of a service that speaks another protocol from here on. */
export function passUpgrade(
  request: IngressRequest,
  context: IngressContext,
  response: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const { stream, isWebSocket } = request;
  socket.on('error', (error) =>
    failRequest(request, context, `the service broke off its WebSocket: ${error.message}`),
  );
  if (stream.destroyed) {
    resetStream(socket);
    return;
  }
  countResponse(context.counts, 101);
  // HTTP/2 has no 101.
  const headers = responseHeaders(200, response.rawHeaders);
  if (!isWebSocket) {
    // Nobody has asked for it, and nobody has anything to say in that protocol: as in cloudflared it is an answer that ends here.
    closeWhenAnswered(stream);
    stream.respond(headers, { endStream: true });
    socket.destroy();
    return;
  }
  stream.respond(headers);
  if (head.length > 0) stream.write(head);
  // Node's HTTP client ends its half as soon as the service has: a client may go on.
  socket.allowHalfOpen = true;
  splice(stream, socket);
}
