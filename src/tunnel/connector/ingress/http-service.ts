import type { ClientRequest, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { realTime } from '../../../net/clock.js';
import { resetStream } from '../../../net/stream-ends.js';
import { countResponse } from '../contract.js';
import {
  closeWhenAnswered,
  collectBody,
  type EdgeStream,
  failRequest,
  guard,
  type IngressContext,
  type IngressRequest,
  type OpenService,
  refuse,
  splice,
} from '../edge-stream.js';
import { requestHost } from './configuration.js';
import {
  type BodyLength,
  bodyLength,
  framing,
  requestHeaders,
  responseHeaders,
  trailersForHttp2,
  usuallyHasNoBody,
} from './headers.js';
import { type HttpOrigin, limitDial } from './http-origin.js';

/** Bytes of a body without a length, for a service that takes none in chunks. */
const MAX_COLLECTED_BYTES = 1024 * 1024;

const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Passes requests to a service that speaks HTTP/1.1, and its answers back. */
export function createHttpService(origin: HttpOrigin, context: IngressContext): OpenService {
  return {
    serve(request) {
      serve(origin, request, context).catch((error: Error) => failRequest(request, context, error.message));
    },
    retire: origin.retire,
  };
}

async function serve(origin: HttpOrigin, request: IngressRequest, context: IngressContext): Promise<void> {
  const { stream, rawHeaders, endStream, method, isWebSocket } = request;
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1] === 'content-length');
  if (method === 'CONNECT') return refuse(stream, 400, 'services are reached by requests, not by CONNECT');
  let length: BodyLength | null = isWebSocket ? 'none' : bodyLength(values, endStream);
  if (length === null) return refuse(stream, 400, 'the content-length of the request cannot be true', method);
  if (length === 'unknown' && usuallyHasNoBody(method) && !(await streamHasBody(stream))) length = 'none';
  if (length === 'unknown' && origin.settings.disableChunkedEncoding) {
    const body = await collectBody(stream, MAX_COLLECTED_BYTES);
    if (body === null)
      return refuse(
        stream,
        413,
        `a body without a length may have ${MAX_COLLECTED_BYTES} bytes, since chunks are disabled`,
      );
    return exchange(origin, request, context, body.length, body);
  }
  exchange(origin, request, context, length);
}

/** `collected` is the body when it has been read already. */
function exchange(
  origin: HttpOrigin,
  request: IngressRequest,
  context: IngressContext,
  length: BodyLength,
  collected?: Buffer,
): void {
  const { stream, method } = request;
  if (stream.destroyed) return;
  const sent = send(origin, request, context, length);
  limitDial(sent, origin.settings);
  let answered: IncomingMessage | undefined;
  sent.once('response', (response) => {
    answered = response;
    guard(request, context, () => passAnswer(request, context, response));
  });
  sent.once('upgrade', (response, socket, head) => {
    answered = response;
    guard(request, context, () => passUpgrade(request, context, response, socket, head));
  });
  sent.on('error', (error) => {
    if (!answered && length === 'none' && isStale(sent, error, method))
      return exchange(origin, request, context, length);
    if (!answered) failRequest(request, context, `the service cannot be reached: ${error.message}`);
    // Node ends an answer whose length only its end tells in good order, also when its connection was reset.
    else if (!answered.complete) failRequest(request, context, brokenOff(error));
  });
  const abort = () => sent.destroy();
  stream.once('close', abort);
  sent.once('close', () => stream.off('close', abort));
  if (collected) sent.end(collected);
  else if (length === 'none') sent.end();
  else sendBody(stream, sent, length);
}

function send(
  origin: HttpOrigin,
  request: IngressRequest,
  context: IngressContext,
  length: BodyLength,
): ClientRequest {
  const { httpHostHeader, matchSNItoHost } = origin.settings;
  const host = httpHostHeader || request.authority;
  const name = requestHost(host);
  const sent = origin.request({
    ...origin.options,
    ...(matchSNItoHost && origin.options.servername !== undefined && { servername: isIP(name) ? '' : name }),
    method: request.method,
    path: request.target,
    headers: {
      Host: host,
      ...requestHeaders(request.rawHeaders),
      ...(httpHostHeader && { 'X-Forwarded-Host': request.authority }),
      'Cf-Warp-Tag-Id': context.clientId,
      ...(request.isWebSocket
        ? { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }
        : { Connection: 'keep-alive', ...framing(request.method, length) }),
    },
  });
  // What tells the length stands in the headers already.
  sent.useChunkedEncodingByDefault = false;
  // No header may be dropped; their size is limited.
  sent.maxHeadersCount = 0;
  return sent;
}

/** A kept connection that the service has closed meanwhile: what was asked may be asked again, unless it could do something twice. */
function isStale({ reusedSocket }: ClientRequest, { code }: NodeJS.ErrnoException, method: string): boolean {
  return reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE') && REPEATABLE.has(method);
}

/**
 * Passes the body on, no faster than the service takes it. A body that is not as long as it was said to be would make a
 * second request out of its rest, so it ends the first one.
 */
function sendBody(stream: EdgeStream, request: ClientRequest, length: number | 'unknown'): void {
  let left = length === 'unknown' ? Number.POSITIVE_INFINITY : length;
  stream.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy(new Error('the body is longer than its content-length'));
    else if (!request.write(chunk)) stream.pause();
  });
  request.on('drain', () => stream.resume());
  stream.once('end', () => {
    if (length !== 'unknown' && left > 0)
      request.destroy(new Error('the body is shorter than its content-length'));
    else request.end();
  });
  stream.resume();
}

/** Milliseconds that a body may take to show itself where there usually is none; Go's HTTP client waits as long. */
const PROBE_MS = 200;

/** Whether a stream that was left open has a body: it ends without one, or bytes come, or neither happens in time. */
async function streamHasBody(stream: EdgeStream): Promise<boolean> {
  return await new Promise((resolve) => {
    const settle = (answer: boolean) => {
      cancel();
      stream.off('readable', look).off('end', none).off('close', none);
      resolve(answer);
    };
    const none = () => settle(false);
    const look = () => {
      if (stream.readableLength > 0) settle(true);
      // Only who reads hears of the end.
      else stream.read();
    };
    const cancel = realTime.after(PROBE_MS, () => settle(true), { keepsAlive: true });
    stream.on('readable', look).on('end', none).on('close', none);
  });
}

/** Bytes of an answer that tells its length which wait for the rest: a service that breaks off before them is a 502. */
const HELD_BYTES = 4096;
/** Streams, although they may tell a length: each piece counts. */
const STREAMED_TYPES = /^(?:text\/event-stream|application\/(?:grpc|x-ndjson))/i;

const brokenOff = (error: Error) => `the service broke off its answer: ${error.message}`;

/** Passes an answer of a service on to the edge, its trailers included. */
function passAnswer(request: IngressRequest, context: IngressContext, response: IncomingMessage): void {
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
function passUpgrade(
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
