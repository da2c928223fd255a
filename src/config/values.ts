import { type Cidr, parseCidr } from '../net/addresses.js';
import { UsageError } from './parse.js';

// The values of flags: each function answers the value, or throws what would be right.

export function integerFlag(flag: string, value: string, minimum: number, maximum: number): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= minimum && number <= maximum) return number;
  throw wrong(flag, value, `a whole number from ${minimum} to ${maximum}`);
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export function flagOneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw wrong(flag, value, allowed.join(' or '));
  return found;
}

export function pattern(flag: string, value: string, regex: RegExp, right: string): string {
  if (!regex.test(value)) throw wrong(flag, value, right);
  return value;
}

/** An address, or a network without bits to the right of its prefix. */
export function networkOf(flag: string, value: string): Cidr {
  const cidr = parseCidr(value);
  if (cidr && !cidr.hadHostBits) return cidr;
  throw wrong(flag, value, 'an IP address or a network such as 10.0.0.0/8 or fd00::/8');
}

/** YYYY-MM-DD, of a day that there is. */
export function calendarDate(flag: string, value: string): string {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : new Date(Number.NaN);
  // 2026-02-30 is no error for Date: it becomes 2026-03-02.
  if (!Number.isNaN(date.getTime()) && date.toISOString().startsWith(value)) return value;
  throw wrong(flag, value, 'a date such as 2026-10-05');
}

export const wrong = (flag: string, value: string, right: string) =>
  new UsageError(`--${flag} is "${value}"; it takes ${right}`);
