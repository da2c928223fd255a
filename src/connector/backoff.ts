const BASE_MS = 1_000;
const MAX_DOUBLINGS = 5;

/** The longest wait after so many failures in a row: two seconds, four and so on to thirty-two, as in cloudflared. */
const longestMs = (failures: number) => BASE_MS * 2 ** Math.min(failures, MAX_DOUBLINGS);

/** Milliseconds before the next attempt after `failures` in a row (1, 2, …): any time up to the longest (full jitter). */
export function backoffMs(failures: number, random: () => number): number {
  return longestMs(failures) * random();
}

/** Failures that still count after a connection was up for so long: none, unless it was gone before the wait was worth it. */
export function failuresAfter(failures: number, lastedMs: number): number {
  return lastedMs >= longestMs(failures) ? 0 : failures;
}

/** How long an edge that has said goodbye is tried again in quick succession: it restarts, or another one takes its place. */
const RETURN_MS = 5_000;
const RETURN_PAUSE_MS = 500;

/** Until when (as `now`) to hurry after an edge has said goodbye to a connection that was up for so long; 0 for not at all. */
export function hurryUntil(now: number, lastedMs: number): number {
  // An edge that says goodbye to everybody at once is no edge to hurry to.
  return lastedMs >= longestMs(0) ? now + RETURN_MS : 0;
}

/** Milliseconds between two attempts while hurrying: any time up to half a second, so that not all connectors come at once. */
export const hurriedMs = (random: () => number) => RETURN_PAUSE_MS * random();
