/**
 * Time as the rules of the product mean it: when a check is due, until when a token or a session counts, what rows and events are stamped with.
 * Tests own it (`settable-clock.ts`). What guards sockets, waits for others or measures goes by `real-time.ts`. Milliseconds everywhere.
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
