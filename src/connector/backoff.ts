const BASE_MS = 1_000;
const MAX_DOUBLINGS = 5;

/** The longest wait after so many failures in a row: two seconds, four and so on to thirty-two, as in cloudflared. */
const longestMs = (failures: number) => BASE_MS * 2 ** Math.min(failures, MAX_DOUBLINGS);

/** Milliseconds before the next attempt after `failures` in a row (1, 2, …): any time up to the longest, by lot. */
export function backoffMs(failures: number, random: () => number): number {
  return longestMs(failures) * random();
}

/** Failures that still count after a connection was up for so long: none, unless it was gone before the wait was worth it. */
export function failuresAfter(failures: number, lastedMs: number): number {
  return lastedMs >= longestMs(failures) ? 0 : failures;
}
