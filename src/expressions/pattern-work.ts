import type { Facts } from './facts.js';

/**
 * What patterns may do for one request: steps times bytes, about a twelfth of a second at worst. A pattern's steps are limited when it is
 * written, but the bytes are the visitor's: together they could hold up the thread, and all other requests, for seconds.
 */
export const MAX_WORK = 10_000_000;

/** The request that is asked about: its rules are one piece of work, which nothing interrupts. */
let current: Facts | undefined;
let left = MAX_WORK;

/** The matches that follow are for this request, until another one begins. */
export function beginRequest(facts: Facts): void {
  if (facts === current) return;
  current = facts;
  left = MAX_WORK;
}

/** Takes a match of so many steps over so many bytes from what is left for the request; false when that is not enough. */
export function tryWork(steps: number, bytes: number): boolean {
  const work = steps * (bytes + 1);
  if (work > left) return false;
  left -= work;
  return true;
}
