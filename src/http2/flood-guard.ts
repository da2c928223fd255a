import { realTime } from '../net/real-time.js';

/** Counts what costs a peer nothing and us something. */
export interface FloodGuard {
  /** False when that was one too many. */
  allows(): boolean;
}

/** `burst` at once, and `perSecond` in the long run. Without a timer: it reckons when it is asked. */
export function createFloodGuard(burst: number, perSecond: number): FloodGuard {
  let left = burst;
  let at = realTime.monotonic();
  return {
    allows() {
      left -= 1;
      if (left >= 0) return true;
      const now = realTime.monotonic();
      left = Math.min(burst, ((now - at) / 1_000) * perSecond) - 1;
      at = now;
      return left >= 0;
    },
  };
}
