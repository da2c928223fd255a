import type { Clock } from '../../src/net/clock.js';

export interface FakeClock extends Clock {
  /** Lets time pass and runs what falls due, in order, synchronously. */
  advance(ms: number): void;
  /** Timers that wait: 0 when everything has been released. */
  readonly pending: number;
}

/** A clock that stands still until a test moves it. */
export function createFakeClock(startAt = 1_800_000_000_000): FakeClock {
  const timers = new Set<{ readonly at: number; readonly task: () => void }>();
  let elapsed = 0;
  const nextDue = (until: number) =>
    [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  return {
    now: () => startAt + elapsed,
    monotonic: () => elapsed,
    after(ms, task) {
      const timer = { at: elapsed + ms, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const until = elapsed + ms;
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        elapsed = timer.at;
        timers.delete(timer);
        timer.task();
      }
      elapsed = until;
    },
    get pending() {
      return timers.size;
    },
  };
}
