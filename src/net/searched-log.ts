/** The newest values, at most so many, looked up by filters. */
export interface SearchedLog<T, Filter, Name> {
  add(value: T): void;
  /** Newest first, at most `limit`. */
  find(filter: Filter, limit: number): readonly T[];
  /** How many fit of those that were added after the first `after`. */
  count(filter: Filter, after?: number): number;
  /** Those that miss the fewest filters, newest first; for a filter that none fits. */
  nearest(filter: Filter): readonly Nearest<T, Name>[];
  clear(): void;
  /** How many were added, ever, and how many of these before the last `clear`. */
  readonly added: number;
  readonly cleared: number;
}

/** `filtersOf`: the names of what a filter asks for; `fits`: whether a value has that; `keep`: see `createRing`. */
export function createSearchedLog<
  T extends { readonly at: number },
  Filter extends { readonly since: number | null },
  Name,
>(
  size: number,
  filtersOf: (filter: Filter) => readonly Name[],
  fits: (value: T, filter: Filter, name: Name) => boolean,
  keep?: (value: T, oldest: T | undefined) => T,
): SearchedLog<T, Filter, Name> {
  const ring = createRing<T>(size, keep);

  function* fitting(filter: Filter, most?: number): Generator<T> {
    const names = filtersOf(filter);
    for (const value of ring.newestFirst(most))
      if (names.every((name) => fits(value, filter, name))) yield value;
  }

  function* recent({ since }: Filter): Generator<T> {
    for (const value of ring.newestFirst()) if (since === null || value.at >= since) yield value;
  }

  return {
    get added() {
      return ring.added;
    },
    get cleared() {
      return ring.cleared;
    },
    add: ring.add,
    clear: ring.clear,
    find(filter, limit) {
      const found: T[] = [];
      if (limit === 0) return found;
      for (const value of fitting(filter)) if (found.push(value) === limit) break;
      return found;
    },
    count(filter, after = 0) {
      let count = 0;
      for (const _ of fitting(filter, ring.added - after)) count += 1;
      return count;
    },
    nearest: (filter) =>
      nearestOf(recent(filter), filtersOf(filter), (value, name) => fits(value, filter, name)),
  };
}

/** The newest values, at most so many: a new one takes the place of the oldest. */
interface Ring<T> {
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
function createRing<T>(size: number, keep: (value: T, oldest: T | undefined) => T = same): Ring<T> {
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

/** One that is not meant, and the filters that it does not fit. */
interface Nearest<T, Name> {
  readonly value: T;
  readonly differs: readonly Name[];
}

/** A look at them shall say what was wrong, and not what else there is. */
const MAX_NEAREST = 3;

/** Those that miss the fewest filters; of equally many the first ones. */
function nearestOf<T, Name>(
  values: Iterable<T>,
  filters: readonly Name[],
  fits: (value: T, filter: Name) => boolean,
): readonly Nearest<T, Name>[] {
  const misses: Nearest<T, Name>[] = [];
  for (const value of values) {
    const differs = filters.filter((filter) => !fits(value, filter));
    const place = misses.findIndex((other) => differs.length < other.differs.length);
    misses.splice(place === -1 ? misses.length : place, 0, { value, differs });
    if (misses.length > MAX_NEAREST) misses.pop();
  }
  return misses;
}
