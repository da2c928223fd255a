import { type Nearest, nearestOf } from './nearest.js';
import { createRing } from './ring.js';

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
