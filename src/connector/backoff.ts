const BASE_MS = 1_000;
const CAP_MS = 30_000;

/** Milliseconds before the next attempt after `failures` in a row (1, 2, …): doubling, capped, half of it random. */
export function backoffMs(failures: number, random: () => number): number {
  const full = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures - 1, 16));
  return full / 2 + (full / 2) * random();
}
