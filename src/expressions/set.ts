import type { Ip } from '../net/ip.js';
import { compareAddresses, type Interval } from './literals.js';

export const integerSet = (intervals: readonly Interval<number>[]): ((value: number) => boolean) =>
  membership(intervals, (a, b) => a - b);

export const addressSet = (intervals: readonly Interval<Ip>[]): ((value: Ip) => boolean) =>
  membership(intervals, compareAddresses);

/** Overlapping intervals become one, so that the only candidate is the last that begins at or before a value. */
function membership<T>(
  intervals: readonly Interval<T>[],
  compare: (a: T, b: T) => number,
): (value: T) => boolean {
  const merged: Interval<T>[] = [];
  for (const interval of [...intervals].sort((a, b) => compare(a.low, b.low))) {
    const last = merged.at(-1);
    if (!last || compare(interval.low, last.high) > 0) merged.push(interval);
    else if (compare(interval.high, last.high) > 0)
      merged[merged.length - 1] = { low: last.low, high: interval.high };
  }
  return (value) => {
    let [from, to] = [0, merged.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compare(merged[middle]!.low, value) <= 0) from = middle + 1;
      else to = middle;
    }
    return from > 0 && compare(value, merged[from - 1]!.high) <= 0;
  };
}
