import { setTimeout as pause } from 'node:timers/promises';

/**
 * Time as the rules of the product mean it: when a check is due, until when a token or a session counts, what rows and events are stamped with.
 * Tests own it (`settable-clock.ts`). What guards sockets, waits for others or measures goes by `realTime`. Milliseconds everywhere.
 */
export interface Clock {
  /** Unix time. May be set back. */
  now(): number;
  /** Only goes forward, and for nothing but differences. */
  monotonic(): number;
  /** Runs `task` once after `ms`; returns how to cancel. Does not keep the process alive. */
  after(ms: number, task: () => void): () => void;
  /** Tells that `work` belongs to the present: a clock that a test moves waits for it before time goes on. */
  during(work: Promise<unknown>): void;
}

interface KeepsAlive {
  /** The process does not end before. */
  readonly keepsAlive?: boolean;
}

/**
 * Time that nobody can set: for what protects sockets, waits for a database, a client or a peer, tries again, or measures how long
 * something has taken. Those at the other end have real time, too.
 */
interface RealTime extends Clock {
  after(ms: number, task: () => void, how?: KeepsAlive): () => void;
  /** Runs `task` again and again; returns how to end that. */
  every(ms: number, task: () => void, how?: KeepsAlive): () => void;
  /** Rejects when `signal` is aborted. */
  wait(ms: number, how?: KeepsAlive & { readonly signal?: AbortSignal }): Promise<void>;
  /** Aborted after `ms`. */
  signal(ms: number): AbortSignal;
}

export const realTime: RealTime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task, how) {
    const timer = setTimeout(task, ms);
    if (!how?.keepsAlive) timer.unref();
    return () => clearTimeout(timer);
  },
  // It waits for nobody.
  during() {},
  every(ms, task, how) {
    const timer = setInterval(task, ms);
    if (!how?.keepsAlive) timer.unref();
    return () => clearInterval(timer);
  },
  async wait(ms, { keepsAlive = false, signal } = {}) {
    await pause(ms, undefined, signal ? { ref: keepsAlive, signal } : { ref: keepsAlive });
  },
  signal: (ms) => AbortSignal.timeout(ms),
};

/** For what is put off with every byte: `refresh()` begins the time anew, `clearTimeout` ends it. */
export const restartableTimer = (ms: number, task: () => void): NodeJS.Timeout =>
  setTimeout(task, ms).unref();

/** A timer that is later than this was held up. */
const STALL_MS = 100;

/**
 * Runs `expire` once when `ms` have passed; returns how to call it off. What the event loop was held up for does not count,
 * up to another `ms`: nobody could answer in that time. And since timers run before the sockets are read, everything that
 * has already arrived gets one more turn before the verdict.
 */
export function startDeadline(real: Clock, ms: number, expire: () => void): () => void {
  const dueAt = real.monotonic() + ms;
  let lastTurn: NodeJS.Immediate | undefined;
  const giveOneMoreTurn = () => {
    lastTurn = setImmediate(expire);
  };
  let cancelTimer = real.after(ms, () => {
    const late = real.monotonic() - dueAt;
    if (late < STALL_MS) giveOneMoreTurn();
    else cancelTimer = real.after(Math.min(late, ms), giveOneMoreTurn);
  });
  return () => {
    cancelTimer();
    clearImmediate(lastTurn);
  };
}

/** Runs tasks one after the other, in the order of their calls. */
interface Turns {
  <T>(task: () => Promise<T>): Promise<T>;
  /** Resolves when the last one is over, however it has ended. */
  settled(): Promise<unknown>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  const take = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = last.then(task);
    last = turn.catch(() => {});
    return turn;
  };
  return Object.assign(take, { settled: () => last });
}

/** What a peer may do so often at once, and so often in the long run. */
export interface TokenBucket {
  /** False when it was too often; that itself costs no token. */
  tryAcquire(): boolean;
}

/** Holds at most `burst` tokens, and gets `perSecond` new ones. Without a timer: it counts when it is asked. `now` in milliseconds. */
export function createTokenBucket(burst: number, perSecond: number, now: () => number): TokenBucket {
  let tokens = burst;
  let filledAt = now();
  return {
    tryAcquire() {
      const time = now();
      tokens = Math.min(burst, tokens + ((time - filledAt) / 1000) * perSecond);
      filledAt = time;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
