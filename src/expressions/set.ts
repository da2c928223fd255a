import { maskedBytes } from '../net/cidr.js';
import type { Ip } from '../net/ip.js';
import { compareAddresses } from './literals.js';
import type { Element } from './syntax.js';

interface Interval<T> {
  readonly low: T;
  readonly high: T;
}

export function integerSet(elements: readonly Element[]): (value: number) => boolean {
  const intervals = elements.flatMap((element): Interval<number>[] => {
    if (element.kind === 'integer') return [{ low: element.value, high: element.value }];
    return element.kind === 'integers' ? [element] : [];
  });
  return membership(intervals, (a, b) => a - b);
}

export function addressSet(elements: readonly Element[]): (value: Ip) => boolean {
  const intervals = elements.flatMap((element): Interval<Ip>[] => {
    if (element.kind === 'ip') return [{ low: element.value, high: element.value }];
    if (element.kind === 'ips') return [element];
    return element.kind === 'network' ? [networkInterval(element.cidr)] : [];
  });
  return membership(intervals, (a, b) => a.family - b.family || compareAddresses(a.bytes, b.bytes));
}

function networkInterval({
  network,
  prefix,
}: {
  readonly network: Ip;
  readonly prefix: number;
}): Interval<Ip> {
  const inverted = { ...network, bytes: network.bytes.map((byte) => byte ^ 0xff) };
  const high = maskedBytes(inverted, prefix).map((byte) => byte ^ 0xff);
  return { low: network, high: { ...network, bytes: high } };
}

/** Overlapping intervals become one, so that the only candidate is the last that begins at or before a value. */
function membership<T>(intervals: Interval<T>[], compare: (a: T, b: T) => number): (value: T) => boolean {
  const merged: Interval<T>[] = [];
  for (const interval of intervals.sort((a, b) => compare(a.low, b.low))) {
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
