import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from './clock.js';

interface KeepsAlive {
  /** The process does not end before. */
  readonly keepsAlive?: boolean;
}

/**
 * Time that nobody can set: for what protects sockets, waits for a database, a client or a peer, tries again, or measures how long
 * something has taken. Those at the other end have real time, too.
 */
export interface RealTime extends Clock {
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
