import http2, { type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { faultsOn } from '../../faults/under-faults.js';
import type { UpstreamOutcome, UpstreamPool } from '../exchange/contract.js';
import { headerListBytes, headerListLimits } from '../http/http2-fields.js';
import { type Deadlines, NEVER, type ProxyLimits, type ProxyTimeouts, type Waiting } from '../limits.js';
import type { DialOrigin } from './connection-pool.js';
import { sessionDialect } from './http2-dialect.js';
import { Http2UpstreamStream } from './http2-stream.js';
import { createEndpointIndex, type OriginTarget } from './origin-target.js';

/** Requests that wait for the same connection to be made. */
interface Dial {
  readonly waiters: Set<UpstreamOutcome>;
}

/** Sessions with origins, shared by the requests for the same target. */
export function createHttp2UpstreamPool(
  services: OriginSessionServices,
  dialOrigin: DialOrigin,
): UpstreamPool {
  /** Never holds an empty set, nor a session that has retired. */
  const sessions = new Map<string, Set<OriginSession>>();
  /** The newest of each target that has room for more waiters. */
  const dials = new Map<string, Dial>();
  const sessionsAt = createEndpointIndex();
  const dialsAt = createEndpointIndex();
  let total = 0;
  let generation = 0;

  function remove(target: OriginTarget, session: OriginSession): void {
    const known = sessions.get(target.key);
    if (!known?.delete(session)) return;
    total -= 1;
    if (known.size > 0) return;
    sessions.delete(target.key);
    sessionsAt.remove(target);
  }

  function add(target: OriginTarget, session: OriginSession): void {
    const known = sessions.get(target.key);
    if (known) known.add(session);
    else {
      sessions.set(target.key, new Set([session]));
      sessionsAt.add(target);
    }
    total += 1;
  }

  function open(target: OriginTarget, socket: Parameters<typeof openOriginSession>[0]): OriginSession {
    const session: OriginSession = openOriginSession(socket, target.tls, services, {
      retired: () => remove(target, session),
      rests: () => {
        if (total > services.limits.idleTotal) session.retire();
      },
    });
    return session;
  }

  function startDial(target: OriginTarget, clientIp: string): Dial {
    const dial: Dial = { waiters: new Set() };
    const startedIn = generation;
    /** Each is told once, and not those that have given up, be it meanwhile. */
    const tell = (what: (waiter: UpstreamOutcome) => void) => {
      if (dials.get(target.key) === dial) {
        dials.delete(target.key);
        dialsAt.remove(target);
      }
      for (const waiter of dial.waiters) {
        dial.waiters.delete(waiter);
        what(waiter);
      }
    };
    // Nobody gives up a dial that several wait for; it ends in time by itself.
    dialOrigin(target, clientIp, {
      connected(socket) {
        const session = open(target, socket);
        add(target, session);
        tell((waiter) => waiter.connected(session.open()));
        // Its way is not good for other requests any more.
        if (startedIn !== generation || total > services.limits.idleTotal) session.retire();
      },
      failed: (failure, cause) => tell((waiter) => waiter.failed(failure, cause)),
    });
    return dial;
  }

  function dialFor(target: OriginTarget, clientIp: string): Dial {
    const known = dials.get(target.key);
    if (known && known.waiters.size < MAX_STREAMS) return known;
    const dial = startDial(target, clientIp);
    dials.set(target.key, dial);
    dialsAt.add(target);
    return dial;
  }

  return {
    take(target) {
      for (const session of sessions.get(target.key) ?? []) if (session.available) return session.open();
      return null;
    },
    dial(target, clientIp, outcome) {
      const { waiters } = dialFor(target, clientIp);
      waiters.add(outcome);
      return () => waiters.delete(outcome);
    },
    drop(endpoint) {
      for (const key of dialsAt.keysOf(endpoint)) {
        dials.delete(key);
        dialsAt.remove({ key, endpoint });
      }
      for (const key of sessionsAt.keysOf(endpoint))
        for (const session of [...sessions.get(key)!]) session.retire();
    },
    invalidate() {
      generation += 1;
      dials.clear();
      dialsAt.clear();
      for (const known of [...sessions.values()]) for (const session of [...known]) session.retire();
    },
  };
}

interface OriginSessionServices {
  readonly limits: ProxyLimits;
  readonly timeouts: ProxyTimeouts;
  readonly deadlines: Deadlines;
}

/** One connection to an origin that carries many requests at the same time. */
interface OriginSession {
  /** Takes one more request at this moment. */
  readonly available: boolean;
  /** No request is under way. */
  readonly idle: boolean;
  open(): Http2UpstreamStream;
  /** Takes no more requests; ends when those under way have ended. */
  retire(): void;
}

/** Of one session at the same time, or fewer when the origin says so. */
const MAX_STREAMS = 100;
const STREAM_WINDOW = 256 * 1024;
const SESSION_WINDOW = 4 * 1024 * 1024;
interface OriginSessionListener {
  /** It takes no more requests, for good. */
  retired(): void;
  /** The last request under way has ended. */
  rests(): void;
}

/** HTTP/2 on a connected socket, TLS or plain with prior knowledge. The origin may push nothing. */
function openOriginSession(
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
      return new Http2UpstreamStream({
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
