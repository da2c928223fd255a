import type { Facts } from './facts.js';

/**
 * What patterns may do for one request: steps times bytes, about a twelfth of a second at worst. A pattern's steps are limited when it is
 * written, but the bytes are the visitor's: together they could hold up the thread, and all other requests, for seconds.
 */
export const MAX_WORK = 10_000_000;

/** The request that is asked about: its rules are one piece of work, which nothing interrupts. */
let current: Facts | undefined;
let left = MAX_WORK;

/** What follows is about this request, until it is about another one. */
export function askAbout(facts: Facts): void {
  if (facts === current) return;
  current = facts;
  left = MAX_WORK;
}

/** Whether a match of so many steps over so many bytes may still be made for the request. */
export function mayWork(steps: number, bytes: number): boolean {
  const work = steps * (bytes + 1);
  if (work > left) return false;
  left -= work;
  return true;
}
