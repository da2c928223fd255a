import { createHash } from 'node:crypto';
import net, { type Socket } from 'node:net';
import { realTime } from '../../../net/clock.js';
import { onEnd, resetStream } from '../../../net/stream-ends.js';
import {
  breakOff,
  type EdgeStream,
  failRequest,
  type IngressContext,
  type IngressRequest,
  type OpenService,
  refuse,
} from '../edge-stream.js';
import { type HostPort, parseHostPort } from '../options.js';
import { responseHeaders } from './headers.js';
import { type OriginRequestSettings, timerMs } from './origin-request.js';
import {
  binaryFrame,
  closeFrame,
  createWebSocketFrameReader,
  pongFrame,
  WebSocketError,
  webSocketPing,
} from './websocket-frames.js';

/** Appended to the visitor's key: RFC 6455, section 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** As often as cloudflared sends one, for the proxies on the way that end what is silent. */
const PING_INTERVAL_MS = 54_000;
/** How long a visitor may take to close after our close frame, and an origin to take the last bytes after the visitor's. */
const CLOSE_MS = 10_000;
const LAST_BYTES_MS = 60_000;
const JUMP_DESTINATION = 'cf-access-jump-destination';

/** Serves raw TCP over WebSockets, as `cloudflared access` opens them. `target` null: the visitor's header names it. */
export function createTcpService(
  target: HostPort | null,
  settings: OriginRequestSettings,
  context: IngressContext,
): OpenService {
  return {
    serve(request) {
      if (!request.isWebSocket)
        return refuse(
          request.stream,
          400,
          'this host name has a TCP service: it is reached over a WebSocket alone',
        );
      const destination = target ?? jumpDestination(request);
      if (!destination)
        return refuse(request.stream, 400, `the header ${JUMP_DESTINATION} must name a host and a port`);
      connect(request, destination, settings, context);
    },
    retire() {},
  };
}

/** `host:port`, also with the scheme and the path that clients may put around it. */
function jumpDestination({ headers }: IngressRequest): HostPort | null {
  const text = String(headers[JUMP_DESTINATION] ?? '');
  return parseHostPort(text.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\//, '').split('/', 1)[0]!);
}

function connect(
  request: IngressRequest,
  target: HostPort,
  settings: OriginRequestSettings,
  context: IngressContext,
): void {
  const { stream } = request;
  const origin = net.connect({
    host: target.host,
    port: target.port,
    noDelay: true,
    keepAlive: true,
    allowHalfOpen: true,
    keepAliveInitialDelay: timerMs(settings.tcpKeepAlive),
    ...(settings.noHappyEyeballs && { autoSelectFamily: false }),
  });
  const expire = () => origin.destroy(new Error(`not accepted within ${settings.connectTimeout} s`));
  const ms = timerMs(settings.connectTimeout);
  const cancel = settings.connectTimeout > 0 ? realTime.after(ms, expire, { keepsAlive: true }) : () => {};
  origin.once('connect', () => {
    cancel();
    if (stream.destroyed) return void origin.destroy();
    stream.respond(responseHeaders(200, acceptance(request)));
    carry(stream, origin);
  });
  origin.on('error', (error) => {
    if (!stream.headersSent) context.counts.streamConnectErrors += 1;
    failRequest(request, context, `the service cannot be reached: ${error.message}`);
  });
  origin.once('close', cancel);
  stream.once('close', () => origin.connecting && origin.destroy());
}

function acceptance({ headers }: IngressRequest): string[] {
  const key = headers['sec-websocket-key'];
  if (!key) return [];
  const accept = createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`).digest('base64');
  return ['Connection', 'Upgrade', 'Sec-Websocket-Accept', accept, 'Upgrade', 'websocket'];
}

/**
 * Bytes of binary messages to the socket, and back. A close frame, or the end of the stream between two messages, becomes FIN
 * behind the last byte, and FIN becomes a close frame. An end inside of a message resets the socket: bytes are missing.
 */
function carry(stream: EdgeStream, origin: Socket): void {
  const ping = () => stream.writable && stream.write(webSocketPing());
  const endPings = realTime.every(PING_INTERVAL_MS, ping, { keepsAlive: true });
  let visitorDone = false;
  const close = (code: number) => {
    if (stream.writable) stream.end(closeFrame(code));
  };
  const endOrigin = () => {
    visitorDone = true;
    close(1000);
    origin.end();
  };
  const reader = createWebSocketFrameReader({
    onData(bytes) {
      if (origin.writable && !origin.write(bytes)) stream.pause();
    },
    onPing(payload) {
      // A visitor who does not read gets no more of them.
      if (stream.writable && !stream.writableNeedDrain) stream.write(pongFrame(payload));
    },
    onClose: endOrigin,
  });
  stream.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      if (!(error instanceof WebSocketError)) return breakOff(stream, String(error));
      close(error.code);
      resetStream(origin);
    }
  });
  origin.on('drain', () => stream.resume());
  stream.once('end', () => {
    if (visitorDone) return;
    if (reader.betweenMessages) endOrigin();
    else breakOff(stream, 'the visitor ended inside of a message');
  });
  origin.on('data', (chunk: Buffer) => {
    if (stream.writable && !stream.write(binaryFrame(chunk))) origin.pause();
  });
  stream.on('drain', () => origin.resume());
  onEnd(origin, () => close(1000));
  stream.once('finish', () => {
    // What the origin says behind the close frame is dropped.
    origin.resume();
    stream.once(
      'close',
      realTime.after(CLOSE_MS, () => stream.close()),
    );
  });
  stream.once('close', () => {
    endPings();
    if (!visitorDone) return resetStream(origin);
    origin.once(
      'close',
      realTime.after(LAST_BYTES_MS, () => resetStream(origin)),
    );
  });
}
