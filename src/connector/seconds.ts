/** Milliseconds for a timer; none takes more than this. */
export const timerMs = (seconds: number): number => Math.min(seconds * 1000, 2 ** 31 - 1);
