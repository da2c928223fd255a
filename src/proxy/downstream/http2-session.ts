import http2, { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { createTokenBucket, realTime } from '../../net/clock.js';
import { canonicalAuthority, canonicalHost } from '../../net/hostnames.js';
import type { RequestingClient } from '../exchange/contract.js';
import { Exchange } from '../exchange/exchange.js';
import { errorResponse, rayField, refusal } from '../exchange/own-answers.js';
import { headerListBytes, headerListLimits } from '../http/http2-fields.js';
import { type RequestHead, readRequestHead } from '../http/request-head.js';
import {
  everyCharacter,
  FIELD_VALUE,
  HeadTooLarge,
  headTooLong,
  Malformed,
  TARGET,
  TOKEN,
} from '../http/syntax.js';
import type { HeadLimits, ProxyLimits, Waiting } from '../limits.js';
import { recordRefusal } from '../telemetry/request-record.js';
import type { DownstreamServices } from './clients.js';
import { type ClientTransport, requestSender } from './clients.js';
import { Http2DownstreamStream } from './http2-stream.js';

/** Of one session at the same time. */
const MAX_STREAMS = 100;
/** What a client may send of one body before we take it, and of all its bodies. */
const STREAM_WINDOW = 256 * 1024;
const SESSION_WINDOW = 1024 * 1024;
/** Streams that the client resets, or makes us reset, before they are answered. */
const RESETS = { burst: 200, perSecond: 20 };
/** PING and SETTINGS: each makes us answer, and some clients measure the line with them. */
const CONTROL_FRAMES = { burst: 1_000, perSecond: 500 };

/** Makes what serves the HTTP/2 sessions of clients, with one bound for the streams of all of them. */
export function createHttp2Server(
  services: DownstreamServices,
): (socket: TLSSocket, identity: RequestingClient) => ClientTransport {
  let openStreams = 0;
  const { deadlines, limits, timeouts } = services;

  return (socket, identity) => {
    const session = openSession(socket, services);
    const resets = createTokenBucket(RESETS.burst, RESETS.perSecond, realTime.monotonic);
    const controls = createTokenBucket(CONTROL_FRAMES.burst, CONTROL_FRAMES.perSecond, realTime.monotonic);
    let open = 0;
    /** Bytes both ways, when it was looked last. */
    let moved = 0;
    let pinged = false;

    const waiting: Waiting = {
      deadline: deadlines.after(timeouts.clientHead),
      deadlineReached() {
        if (open > 0) lookForLife();
        // The session had its chance to close.
        else if (session.closed) breakOff();
        else endSession();
      },
    };
    deadlines.watch(waiting);
    const transport: ClientTransport = {
      identity,
      resting: null,
      drain: () => (open === 0 ? endSession() : session.close()),
      destroy: breakOff,
      closeIdle() {
        // Says goodbye, and closes the socket behind it.
        if (open === 0) session.destroy();
        return open === 0;
      },
    };

    /**
     * After some mistakes of the client the library neither reads nor writes any more, not even the end of the connection,
     * and tells nobody while requests are under way. A PING that does not go out tells such a session from a silent one.
     */
    function lookForLife(): void {
      const movedNow = socket.bytesRead + socket.bytesWritten;
      const still = movedNow === moved;
      if (still && pinged) {
        breakOff();
        return;
      }
      moved = movedNow;
      // One that is closing sends none: its streams have deadlines of their own.
      pinged = still && !session.closed && session.ping(() => {});
      waiting.deadline = deadlines.after(timeouts.sessionSilence);
    }

    /** A session that was closed waits for the other side otherwise. */
    function breakOff(): void {
      session.destroy();
      socket.destroy();
    }

    function endSession(): void {
      waiting.deadline = deadlines.after(timeouts.linger);
      session.close();
    }

    function calm(what: string): void {
      if (session.destroyed) return;
      session.destroy(new Error(`too many ${what}`), constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }

    function streamClosed(failed: boolean): void {
      open -= 1;
      openStreams -= 1;
      if (open === 0) {
        waiting.deadline = deadlines.after(session.closed ? timeouts.linger : timeouts.clientIdle);
        services.idleClients.rest(transport);
      }
      if (failed && !resets.tryAcquire()) calm('streams were reset');
    }

    function onStream(
      stream: ServerHttp2Stream,
      _headers: unknown,
      flags: number,
      rawHeaders: string[],
    ): void {
      open += 1;
      openStreams += 1;
      if (open === 1) {
        waiting.deadline = deadlines.after(timeouts.sessionSilence);
        services.idleClients.leave(transport);
      }
      // `close` follows.
      stream.on('error', () => {});
      if (openStreams > limits.streams) {
        services.limitReached('HTTP/2 streams', limits.streams);
        stream.once('close', () => streamClosed(false));
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
        return;
      }
      const ends = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      const request = readRequest(rawHeaders, ends, limits);
      const malformed = request instanceof Malformed;
      const sender = { identity, scheme: 'https' } as const;
      const downstream = new Http2DownstreamStream({
        stream,
        ...(malformed ? sender : requestSender(sender, request, services.trustedProxies)),
        request: malformed ? { method: '', chunked: !ends, contentLength: null } : request,
        deadlines,
        idleMs: !malformed && request.grpc ? timeouts.upgradedIdle : timeouts.bodyIdle,
        breakSession: breakOff,
      });
      stream.once('close', () => {
        const failed = malformed || !downstream.ended || stream.aborted;
        downstream.closed();
        streamClosed(failed);
      });
      if (malformed) refuse(downstream, request, rawHeaders);
      else if (!stream.destroyed) startExchange(downstream, request);
    }

    function startExchange(downstream: Http2DownstreamStream, request: RequestHead): void {
      try {
        downstream.start(new Exchange(services, downstream, request));
      } catch (error) {
        // A mistake of ours costs one request, and not the traffic of everybody else.
        services.log.error({ err: error, client: identity.ip }, 'a request broke the proxy');
        downstream.abort();
      }
    }

    function refuse(
      downstream: Http2DownstreamStream,
      malformed: Malformed,
      rawHeaders: readonly string[],
    ): void {
      const ray = services.nextRay();
      const error = refusal(malformed.status, malformed.message);
      if (malformed instanceof HeadTooLarge)
        recordRefusal(services, ray, identity.ip, pseudoFields(rawHeaders), error);
      downstream.answer(errorResponse(error, ray), rayField(ray));
    }

    session.on('stream', onStream as never);
    session.on('ping', () => controls.tryAcquire() || calm('PING frames'));
    session.on('remoteSettings', () => controls.tryAcquire() || calm('SETTINGS frames'));
    // `close` follows.
    session.on('error', (error) => {
      services.log.debug({ client: identity.ip, cause: error.message }, 'an HTTP/2 session failed');
    });
    // A client that ends its half has given up; the session would go on until its streams want to write.
    socket.once('end', breakOff);
    session.once('close', () => {
      deadlines.forget(waiting);
      socket.destroy();
    });
    return transport;
  };
}

function openSession(socket: TLSSocket, { limits }: DownstreamServices): ServerHttp2Session {
  const session = http2.performServerHandshake(socket, {
    ...headerListLimits(limits),
    maxSessionInvalidFrames: RESETS.burst,
    settings: {
      maxConcurrentStreams: MAX_STREAMS,
      initialWindowSize: STREAM_WINDOW,
      maxHeaderListSize: headerListBytes(limits),
      enablePush: false,
    },
  });
  if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW);
  return session;
}

function readRequest(rawHeaders: string[], ends: boolean, limits: ProxyLimits): RequestHead | Malformed {
  try {
    return readHttp2Request(rawHeaders, ends, limits);
  } catch (error) {
    if (error instanceof Malformed) return error;
    throw error;
  }
}

const GRPC_TYPE = /^application\/grpc(?:[+;]|$)/i;

/** Whether a request with this method and content type is a gRPC call; gRPC-Web is none. */
export function isGrpc(method: string, contentType: string): boolean {
  return method === 'POST' && GRPC_TYPE.test(contentType);
}

/** RFC 9113 section 8.2.2: a request with one of them is malformed. */
const CONNECTION_SPECIFIC = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Methods whose content is expected: without any, its length is told. */
const WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);

interface Pseudo {
  ':method'?: string;
  ':scheme'?: string;
  ':authority'?: string;
  ':path'?: string;
}

/**
 * The head in `rawHeaders` (names and values in turn, as they came) in the shape that the HTTP/1.1 parser makes, by that
 * very parser: one set of rules decides what goes on, whatever the client speaks. Before it sees them, every character
 * is checked, so that nothing in a name or value can become a line of its own.
 * `ends`: no body follows. Throws Malformed.
 */
export function readHttp2Request(
  rawHeaders: readonly string[],
  ends: boolean,
  { headBytes, fieldCount }: HeadLimits,
): RequestHead {
  const pseudo: Pseudo = {};
  let lines = '';
  let cookies = '';
  let host = '';
  let contentType = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    if (!everyCharacter(value, FIELD_VALUE))
      throw new Malformed(400, `the value of ${name} has a control character`);
    if (name.startsWith(':')) takePseudo(pseudo, name, value, lines + cookies + host !== '');
    else if (!everyCharacter(name, TOKEN) || /[A-Z]/.test(name)) {
      throw new Malformed(400, `${JSON.stringify(name.slice(0, 20))} is not a field name in lower case`);
    } else if (CONNECTION_SPECIFIC.has(name)) throw new Malformed(400, `HTTP/2 has no ${name}`);
    // Crumbs, so that each can be compressed by itself (RFC 9113 section 8.2.3).
    else if (name === 'cookie') cookies += cookies === '' ? value : `; ${value}`;
    else if (name === 'host') {
      if (host !== '') throw new Malformed(400, 'more than one host');
      host = value;
    } else {
      if (name === 'content-type') contentType = value;
      lines += `${name}: ${value}\r\n`;
    }
  }
  if (cookies !== '') lines += `cookie: ${cookies}\r\n`;
  const requestLine = `${readMethod(pseudo)} ${readPath(pseudo)} HTTP/1.1\r\n`;
  const text = `${requestLine}Host: ${authority(pseudo, host)}\r\n${lines}`;
  if (text.length > headBytes) throw headTooLong(headBytes);
  const head = readRequestHead(text, fieldCount);
  head.grpc = isGrpc(head.method, contentType);
  return withFraming(head, ends);
}

/** What such headers ask for, for the log: one that is refused may have none of it. */
function pseudoFields(rawHeaders: readonly string[]): Pick<RequestHead, 'method' | 'target' | 'host'> {
  const value = (name: string) => {
    const at = rawHeaders.indexOf(name);
    return at < 0 || at % 2 === 1 ? '' : rawHeaders[at + 1]!;
  };
  const host = canonicalHost((value(':authority') || value('host')).replace(/:\d*$/, ''));
  return { method: value(':method'), target: value(':path'), host };
}

function takePseudo(pseudo: Pseudo, name: string, value: string, late: boolean): void {
  if (name !== ':method' && name !== ':scheme' && name !== ':authority' && name !== ':path') {
    throw new Malformed(400, `${JSON.stringify(name.slice(0, 20))} is not a pseudo-header of requests`);
  }
  if (late || pseudo[name] !== undefined)
    throw new Malformed(400, `${name} is there twice, or behind a field`);
  pseudo[name] = value;
}

function readMethod({ ':method': method = '' }: Pseudo): string {
  if (method === 'CONNECT') throw new Malformed(400, 'CONNECT is not served');
  if (method === '' || !everyCharacter(method, TOKEN)) throw new Malformed(400, ':method is not a method');
  return method;
}

function readPath({ ':method': method, ':scheme': scheme, ':path': path = '' }: Pseudo): string {
  if (scheme !== 'https' && scheme !== 'http') throw new Malformed(400, ':scheme is not https or http');
  const rightForm = path.startsWith('/') || (path === '*' && method === 'OPTIONS');
  if (!rightForm || !everyCharacter(path, TARGET)) throw new Malformed(400, ':path is not a path');
  return path;
}

function authority({ ':authority': authority = '' }: Pseudo, host: string): string {
  if (authority === '' && host === '') throw new Malformed(400, 'there is neither :authority nor host');
  if (authority !== '' && host !== '' && canonicalAuthority(authority) !== canonicalAuthority(host)) {
    throw new Malformed(400, ':authority and host differ');
  }
  return authority || host;
}

function withFraming(head: RequestHead, ends: boolean): RequestHead {
  if (!ends) head.chunked = head.contentLength === null;
  else if (head.contentLength) {
    throw new Malformed(400, `Content-Length is ${head.contentLength}, but no body follows`);
  } else if (WITH_CONTENT.has(head.method)) head.contentLength = 0;
  return head;
}
