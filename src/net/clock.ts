/** Time as the rest of the code sees it, so that a test can own it. Milliseconds everywhere. */
export interface Clock {
  /** Unix time. */
  now(): number;
  /** Monotonic. */
  monotonic(): number;
  /** Runs `task` once after `ms`; returns how to cancel. Does not keep the process alive. */
  after(ms: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
