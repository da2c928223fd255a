import type { Ranges } from './node.js';

/** Any ranges, in any order and over one another, as a set. */
export function rangesOf(ranges: Iterable<readonly [number, number]>): Ranges {
  const merged: [number, number][] = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

export const union = (...sets: readonly Ranges[]): Ranges => rangesOf(sets.flat());

/** Everything from 0 to `highest` that is not in the set. */
export function complement(set: Ranges, highest: number): Ranges {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [low, high] of set) {
    if (low > next) gaps.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= highest) gaps.push([next, highest]);
  return gaps;
}

export function intersection(a: Ranges, b: Ranges): Ranges {
  const common: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [low, high] = [Math.max(a[i]![0], b[j]![0]), Math.min(a[i]![1], b[j]![1])];
    if (low <= high) common.push([low, high]);
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return common;
}

export const difference = (a: Ranges, b: Ranges, highest: number): Ranges =>
  intersection(a, complement(b, highest));
