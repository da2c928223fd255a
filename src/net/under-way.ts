import { realTime } from './real-time.js';

/** Work that has begun and is not done. */
export interface UnderWay {
  add(work: Promise<unknown>): void;
  readonly isEmpty: boolean;
  /** Somebody who waits for it, for at most `ms`. */
  waiter(ms: number): Waiter;
}

export interface Waiter {
  /** Resolves when something more is done, or there is no time left. */
  next(): Promise<void>;
  /** Resolves when there is nothing under way, or no time left. */
  all(): Promise<void>;
  readonly isOver: boolean;
}

export function createUnderWay(): UnderWay {
  const begun = new Set<Promise<unknown>>();
  let wake = () => {};

  function waiter(ms: number): Waiter {
    const end = realTime.monotonic() + ms;
    let gaveUp = false;
    const isOver = () => gaveUp || realTime.monotonic() >= end;

    function next(): Promise<void> {
      return new Promise((resolve) => {
        const cancel = realTime.after(end - realTime.monotonic(), () => {
          gaveUp = true;
          resolve();
        });
        wake = () => {
          cancel();
          resolve();
        };
      });
    }

    return {
      next,
      async all() {
        while (begun.size > 0 && !isOver()) await next();
      },
      get isOver() {
        return isOver();
      },
    };
  }

  return {
    add(work) {
      const done = work
        // Whoever has begun it says what has become of it.
        .catch(() => {})
        .finally(() => {
          begun.delete(done);
          wake();
        });
      begun.add(done);
    },
    get isEmpty() {
      return begun.size === 0;
    },
    waiter,
  };
}
