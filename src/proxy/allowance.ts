/** What a peer may do so often at once, and so often in the long run. */
export interface Allowance {
  /** Answers false when it was too often; that itself costs nothing. */
  spend(): boolean;
}

/** `now` in milliseconds. */
export function createAllowance(burst: number, perSecond: number, now: () => number): Allowance {
  let left = burst;
  let lastSpent = now();
  return {
    spend() {
      const time = now();
      left = Math.min(burst, left + ((time - lastSpent) / 1000) * perSecond);
      lastSpent = time;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
