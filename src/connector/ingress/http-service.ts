import type { ClientRequest, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { refuse } from '../refusal.js';
import { limitDial } from './dial-limits.js';
import { requestHost } from './hostname.js';
import type { HttpOrigin } from './http-origin.js';
import {
  failRequest,
  guard,
  type IngressContext,
  type IngressRequest,
  type OpenService,
} from './ingress-request.js';
import { collectBody, sendBody, streamHasBody } from './request-body.js';
import { type BodyLength, bodyLength, framing, requestHeaders, usuallyHasNoBody } from './request-headers.js';
import { brokenOff, passAnswer, passUpgrade } from './service-answer.js';

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
