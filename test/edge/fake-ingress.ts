import http, { type IncomingMessage } from 'node:http';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';

const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64').replace(/=+$/, '');

/** Names and values in turn, as a connector brings the fields of an origin. */
export function serialized(rawHeaders: readonly string[]): string {
  const pairs: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    pairs.push(`${base64(rawHeaders[i]!)}:${base64(rawHeaders[i + 1]!)}`);
  return pairs.join(';');
}

export const fromOrigin = (status: number, rawHeaders: readonly string[] = []) => ({
  ':status': status,
  'content-type': 'text/guessed',
  'cf-cloudflared-response-meta': '{"src":"origin"}',
  'cf-cloudflared-response-headers': serialized(rawHeaders),
});

export const fromConnector = { ':status': 502, 'cf-cloudflared-response-meta': '{"src":"cloudflared"}' };

/** What a connector does whose only ingress rule leads to a port of loopback. */
export function ingressTo(port: number) {
  return (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    const request = http.request({
      host: '127.0.0.1',
      port,
      agent: false,
      maxHeaderSize: 1 << 20,
      method: headers[':method'] as string,
      path: headers[':path'] as string,
      headers: originHeaders(headers),
    });
    request.on('response', (response) => pass(response, stream));
    request.on('upgrade', (response, socket, head) => join(response, socket, head, stream));
    request.on('error', () => {
      if (stream.destroyed) return;
      if (stream.headersSent) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else stream.respond(fromConnector, { endStream: true });
    });
    stream.on('close', () => request.destroy());
    if (isWebSocket(headers)) request.end();
    else stream.pipe(request);
  };
}

const isWebSocket = (headers: IncomingHttpHeaders) =>
  headers['cf-cloudflared-proxy-connection-upgrade'] === 'websocket';

function originHeaders(headers: IncomingHttpHeaders): http.OutgoingHttpHeaders {
  const fields = Object.entries(headers).filter(
    ([name]) => !name.startsWith(':') && !name.startsWith('cf-cloudflared-'),
  );
  const upgrade = isWebSocket(headers)
    ? { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }
    : {};
  return { ...Object.fromEntries(fields), host: headers[':authority'], ...upgrade };
}

function pass(response: IncomingMessage, stream: ServerHttp2Stream): void {
  const length = response.headers['content-length'];
  stream.respond(
    { ...fromOrigin(response.statusCode!, response.rawHeaders), ...(length && { 'content-length': length }) },
    { waitForTrailers: true },
  );
  stream.on('wantTrailers', () => stream.sendTrailers(response.trailers));
  response.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  response.pipe(stream);
}

function join(response: IncomingMessage, socket: Duplex, head: Buffer, stream: ServerHttp2Stream): void {
  stream.respond(fromOrigin(200, response.rawHeaders));
  stream.write(head);
  socket.on('error', () => stream.close());
  stream.on('close', () => socket.destroy());
  stream.pipe(socket).pipe(stream);
}
