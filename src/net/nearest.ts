/** One that is not meant, and the filters that it does not fit. */
export interface Nearest<T, Name> {
  readonly value: T;
  readonly differs: readonly Name[];
}

/** A look at them shall say what was wrong, and not what else there is. */
const MAX_NEAREST = 3;

/** Those that miss the fewest filters; of equally many the first ones. */
export function nearestOf<T, Name>(
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
