import http2, { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { createTokenBucket, realTime } from '../../net/clock.js';
import type { ClientTransport } from '../client-connections.js';
import type { Waiting } from '../deadlines.js';
import { errorResponse, refusal } from '../errors.js';
import { Exchange } from '../exchange.js';
import { rayField } from '../forward-headers.js';
import { HeadTooLarge, Malformed } from '../head/malformed.js';
import type { RequestHead } from '../head/request-head.js';
import type { ProxyLimits } from '../limits.js';
import { recordRefusal } from '../request-record.js';
import type { RequestingClient } from '../requester.js';
import type { ProxyServices } from '../services.js';
import { requestSender } from '../trusted-proxies.js';
import { headerListBytes, headerListLimits } from './header-list-limits.js';
import { Http2Requester } from './http2-requester.js';
import { pseudoFields, readHttp2Request } from './read-request.js';

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
  services: ProxyServices,
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
      const requester = new Http2Requester({
        stream,
        ...(malformed ? sender : requestSender(sender, request, services.trustedProxies)),
        request: malformed ? { method: '', chunked: !ends, contentLength: null } : request,
        deadlines,
        idleMs: !malformed && request.grpc ? timeouts.upgradedIdle : timeouts.bodyIdle,
        breakSession: breakOff,
      });
      stream.once('close', () => {
        const failed = malformed || !requester.ended || stream.aborted;
        requester.closed();
        streamClosed(failed);
      });
      if (malformed) refuse(requester, request, rawHeaders);
      else if (!stream.destroyed) startExchange(requester, request);
    }

    function startExchange(requester: Http2Requester, request: RequestHead): void {
      try {
        requester.start(new Exchange(services, requester, request));
      } catch (error) {
        // A mistake of ours costs one request, and not the traffic of everybody else.
        services.log.error({ err: error, client: identity.ip }, 'a request broke the proxy');
        requester.abort();
      }
    }

    function refuse(requester: Http2Requester, malformed: Malformed, rawHeaders: readonly string[]): void {
      const ray = services.nextRay();
      const error = refusal(malformed.status, malformed.message);
      if (malformed instanceof HeadTooLarge)
        recordRefusal(services, ray, identity.ip, pseudoFields(rawHeaders), error);
      requester.answer(errorResponse(error, ray), rayField(ray));
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

function openSession(socket: TLSSocket, { limits }: ProxyServices): ServerHttp2Session {
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
