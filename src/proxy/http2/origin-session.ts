import http2, { type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { faultsOn } from '../../faults/under-faults.js';
import { type Deadlines, NEVER, type Waiting } from '../deadlines.js';
import type { ProxyLimits, ProxyTimeouts } from '../limits.js';
import { headerListBytes, headerListLimits } from './header-list-limits.js';
import { Http2Responder } from './http2-responder.js';
import { sessionDialect } from './session-dialect.js';

export interface OriginSessionServices {
  readonly limits: ProxyLimits;
  readonly timeouts: ProxyTimeouts;
  readonly deadlines: Deadlines;
}

/** One connection to an origin that carries many requests at the same time. */
export interface OriginSession {
  /** Takes one more request at this moment. */
  readonly available: boolean;
  /** No request is under way. */
  readonly idle: boolean;
  open(): Http2Responder;
  /** Takes no more requests; ends when those under way have ended. */
  retire(): void;
}

/** Of one session at the same time, or fewer when the origin says so. */
export const MAX_STREAMS = 100;
const STREAM_WINDOW = 256 * 1024;
const SESSION_WINDOW = 4 * 1024 * 1024;
export interface OriginSessionListener {
  /** It takes no more requests, for good. */
  retired(): void;
  /** The last request under way has ended. */
  rests(): void;
}

/** HTTP/2 on a connected socket, TLS or plain with prior knowledge. The origin may push nothing. */
export function openOriginSession(
  socket: Duplex,
  tls: boolean,
  services: OriginSessionServices,
  listener: OriginSessionListener,
): OriginSession {
  const { deadlines, limits, timeouts } = services;
  const session = connect(socket, tls, limits);
  const dialect = sessionDialect(session, tls, limits);
  const silence = { beforeHead: timeouts.upgradedIdle, inBody: timeouts.upgradedIdle };
  let streams = 0;
  let used = false;
  let retired = false;

  const waiting: Waiting = {
    deadline: deadlines.after(timeouts.originIdle),
    deadlineReached: () => (retired ? breakOff() : retire()),
  };
  deadlines.watch(waiting);

  /** A session that was closed waits for the other side otherwise. */
  function breakOff(): void {
    session.destroy();
    socket.destroy();
  }

  function retire(): void {
    if (retired) return;
    retired = true;
    listener.retired();
    if (streams === 0) endSession();
  }

  /** Not while there are streams: one that has not been sent yet would come behind the GOAWAY, and be refused. */
  function endSession(): void {
    session.close();
    waiting.deadline = deadlines.after(timeouts.linger);
  }

  function streamClosed(): void {
    streams -= 1;
    if (streams > 0) return;
    if (retired) endSession();
    else waiting.deadline = deadlines.after(timeouts.originIdle);
    listener.rests();
  }

  socket.on('draining', retire);
  socket.on('connectorDoubtful', retire);
  session.on('goaway', retire);
  // `close` follows.
  session.on('error', () => {});
  session.once('close', () => {
    deadlines.forget(waiting);
    retire();
    socket.destroy();
  });

  return {
    get available() {
      const allowed = session.remoteSettings?.maxConcurrentStreams ?? MAX_STREAMS;
      return !retired && !session.closed && streams < Math.min(allowed, MAX_STREAMS);
    },
    get idle() {
      return streams === 0;
    },
    open() {
      streams += 1;
      waiting.deadline = NEVER;
      const reused = used;
      used = true;
      return new Http2Responder({
        ...dialect,
        reused,
        deadlines,
        silenceMs: () => silence,
        closeMs: timeouts.originConnect,
        suspect() {},
        faults: () => faultsOn(socket),
        breakSession: breakOff,
        closed: streamClosed,
      });
    },
    retire,
  };
}

function connect(socket: Duplex, tls: boolean, limits: ProxyLimits): ClientHttp2Session {
  const session = http2.connect(`${tls ? 'https' : 'http'}://origin.internal`, {
    createConnection: () => socket,
    ...headerListLimits(limits),
    settings: {
      enablePush: false,
      initialWindowSize: STREAM_WINDOW,
      maxHeaderListSize: headerListBytes(limits),
    },
  });
  session.once('connect', () => {
    if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW);
  });
  return session;
}
