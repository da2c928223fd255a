/** What a peer may do so often at once, and so often in the long run. */
export interface TokenBucket {
  /** False when it was too often; that itself costs no token. */
  tryAcquire(): boolean;
}

/** Holds at most `burst` tokens, and gets `perSecond` new ones. Without a timer: it counts when it is asked. `now` in milliseconds. */
export function createTokenBucket(burst: number, perSecond: number, now: () => number): TokenBucket {
  let tokens = burst;
  let filledAt = now();
  return {
    tryAcquire() {
      const time = now();
      tokens = Math.min(burst, tokens + ((time - filledAt) / 1000) * perSecond);
      filledAt = time;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
