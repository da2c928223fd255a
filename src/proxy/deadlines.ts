import { realTime } from '../net/clock.js';
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
