/** The newest values, at most so many: a new one takes the place of the oldest. */
export interface Ring<T> {
  add(value: T): void;
  /** At most so many, or all. */
  newestFirst(most?: number): Generator<T>;
  clear(): void;
  /** How many were added, ever, and how many of these before the last `clear`. */
  readonly added: number;
  readonly cleared: number;
}

/**
 * `keep`: what is kept of a value, in the place of the one that has to go, whose memory it may use: what is new and stays is what
 * the garbage collector works on. By default the value itself.
 */
export function createRing<T>(size: number, keep: (value: T, oldest: T | undefined) => T = same): Ring<T> {
  const values: T[] = [];
  let next = 0;
  let added = 0;
  let cleared = 0;
  return {
    get added() {
      return added;
    },
    get cleared() {
      return cleared;
    },
    add(value) {
      values[next] = keep(value, values[next]);
      next = (next + 1) % size;
      added += 1;
    },
    *newestFirst(most = values.length) {
      for (let back = 1; back <= Math.min(most, values.length); back++)
        yield values[(next - back + size) % size]!;
    },
    clear() {
      values.length = 0;
      next = 0;
      cleared = added;
    },
  };
}

const same = <T>(value: T): T => value;
