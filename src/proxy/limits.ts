import type { Logger } from 'pino';
import { HEADER_BYTES } from '../domain/http-fields.js';
import { realTime } from '../net/clock.js';

/** Bounds of everything that a peer can make grow. */
export interface ProxyLimits {
  /** Bytes of a request or response head, the blank line included. Cloudflare's limit for request and for response headers. */
  readonly headBytes: number;
  /** Field lines of one head. Cloudflare names no limit; this one bounds the work that one head makes. */
  readonly fieldCount: number;
  /** Bytes of a request body that are kept for the one retry; also what is read ahead while an origin connects. */
  readonly replayBytes: number;
  /** Connections to one origin that wait for their next request. Fewer than there are requests at once means dialling for many of them. */
  readonly idlePerOrigin: number;
  /** Of all origins together: behind a wildcard name every host name may have TLS connections of its own. */
  readonly idleTotal: number;
  readonly clientConnections: number;
  /** Requests under way over HTTP/2, of all clients together. */
  readonly streams: number;
  /** At the same time. */
  readonly tlsHandshakes: number;
  /** Connections of one listener whose PROXY header is awaited at the same time. */
  readonly proxyHeaders: number;
  /** Made for names of load balancers and kept. */
  readonly certificates: number;
}

/** Milliseconds; the clock behind them is coarse, see `createDeadlines`. */
export interface ProxyTimeouts {
  /** From the accept to the end of a PROXY header. */
  readonly proxyHeader: number;
  readonly tlsHandshake: number;
  /** From the first byte of a request head, or from the accept, to its blank line. */
  readonly clientHead: number;
  /** Between two requests on one client connection, be it HTTP/1.1 or HTTP/2. */
  readonly clientIdle: number;
  /** After a drain has begun: for the handshakes and first requests of clients that have just connected. */
  readonly firstWhileDraining: number;
  /** Of an HTTP/2 session with requests under way, without a byte in either direction: then a PING must go out as long again. */
  readonly sessionSilence: number;
  /** Without a byte of a body moving, in either direction. */
  readonly bodyIdle: number;
  /** How often a client whose origin takes nothing is looked at, whether it is still there. */
  readonly clientLook: number;
  /** Until the origin has accepted, and again until its TLS handshake is done. */
  readonly originConnect: number;
  /** From the last byte sent to the origin to the end of its response head. */
  readonly originHead: number;
  /** How long an unused origin connection is kept. */
  readonly originIdle: number;
  /** Without a byte in either direction after a protocol switch. */
  readonly upgradedIdle: number;
  /** How long a connection that must close is still read, so that the client gets the answer and not a reset. */
  readonly linger: number;
  /** How often deadlines are looked at: no timeout is finer than this. */
  readonly tick: number;
}

/** The part that the readers of heads need. */
export type HeadLimits = Pick<ProxyLimits, 'headBytes' | 'fieldCount'>;

export const DEFAULT_LIMITS: ProxyLimits = {
  headBytes: HEADER_BYTES,
  fieldCount: 4_096,
  replayBytes: 64 * 1024,
  idlePerOrigin: 1_024,
  idleTotal: 4_096,
  clientConnections: 10_000,
  streams: 10_000,
  tlsHandshakes: 1_024,
  proxyHeaders: 1_024,
  certificates: 1_000,
};

/**
 * `clientIdle`, `originHead`, `bodyIdle` and `originIdle` are Cloudflare's documented connection limits (developers.cloudflare.com,
 * "Connection limits"): keep-alive 400 s, proxy read timeout 120 s between two reads, proxy idle timeout 900 s.
 */
export const DEFAULT_TIMEOUTS: ProxyTimeouts = {
  proxyHeader: 5_000,
  tlsHandshake: 10_000,
  clientHead: 10_000,
  clientIdle: 400_000,
  firstWhileDraining: 250,
  sessionSilence: 15_000,
  bodyIdle: 120_000,
  clientLook: 3_000,
  originConnect: 15_000,
  originHead: 120_000,
  originIdle: 900_000,
  upgradedIdle: 600_000,
  linger: 2_000,
  tick: 500,
};

/** Limits of the whole process that traffic can reach, and the flags that change them. */
const FLAGS = {
  'client connections': '--max-client-connections',
  'TCP connections': '--max-tcp-connections',
  'HTTP/2 streams': '--max-http2-streams',
  'TLS handshakes': null,
  'awaited PROXY headers': null,
} as const;

export type LimitReached = (limit: keyof typeof FLAGS, value: number) => void;

const EVERY_MS = 60_000;

/** Says that a limit is reached, for each limit once a minute at most: it is reached as often as clients like. */
export function createLimitLog(log: Logger, now: () => number = realTime.monotonic): LimitReached {
  const said = new Map<string, number>();
  return (limit, value) => {
    const last = said.get(limit);
    if (last !== undefined && now() - last < EVERY_MS) return;
    said.set(limit, now());
    log.warn({ limit, value, flag: FLAGS[limit] }, 'proxy: a limit is reached');
  };
}

export const NEVER = Number.POSITIVE_INFINITY;

/** Something that waits, with at most one deadline at a time. Setting a deadline is an assignment and nothing else. */
export interface Waiting {
  /** A time of the same `Deadlines`, or NEVER. */
  deadline: number;
  deadlineReached(): void;
}

export interface Deadlines {
  /** The time `ms` from now, never earlier, at most two ticks later. */
  after(ms: number): number;
  watch(waiting: Waiting): void;
  forget(waiting: Waiting): void;
  stop(): void;
}

/** One interval looks at everything that waits: cheaper than a timer for each request by orders of magnitude. */
export function createDeadlines(tickMs: number): Deadlines {
  const watched = new Set<Waiting>();
  let now = 0;
  let lastTick = realTime.monotonic();

  function tick(): void {
    const time = realTime.monotonic();
    // When the process itself stood still, nobody could have been served: that time does not count.
    now += Math.min(time - lastTick, 2 * tickMs);
    lastTick = time;
    for (const waiting of watched) {
      if (waiting.deadline > now) continue;
      waiting.deadline = NEVER;
      waiting.deadlineReached();
    }
  }

  const stop = realTime.every(tickMs, tick);
  return {
    after: (ms) => now + ms + tickMs,
    watch: (waiting) => watched.add(waiting),
    forget: (waiting) => watched.delete(waiting),
    stop,
  };
}
