import type { Clock } from '../net/clock.js';

/**
 * Origins that traffic could not reach a moment ago, by their keys. They get no new requests while their pool has another origin that can
 * serve; what health checks find of them, and the health of the pool, is not touched.
 */
export interface PassiveHealth {
  /** Grows with every change: "may what was derived from it still be used?". */
  readonly version: number;
  isLeftOut(originKey: string): boolean;
  /** A connection to it could not be made. */
  failed(originKey: string): void;
  /** It has answered. */
  answered(originKey: string): void;
}

/** Leaves nobody out. */
export const NO_PASSIVE_HEALTH: PassiveHealth = {
  version: 0,
  isLeftOut: () => false,
  failed: () => {},
  answered: () => {},
};

/** Of more at once, traffic finds out anew with each attempt. */
const MAX_LEFT_OUT = 10_000;

/** Each failure leaves the origin out for `forMs` milliseconds from then on. */
export function createPassiveHealth(clock: Pick<Clock, 'after'>, forMs: number): PassiveHealth {
  /** What takes back the end of each one's time. */
  const leftOut = new Map<string, () => void>();
  let version = 0;

  function takeBack(originKey: string): void {
    leftOut.delete(originKey);
    version += 1;
  }

  return {
    get version() {
      return version;
    },
    isLeftOut: (originKey) => leftOut.has(originKey),
    failed(originKey) {
      const cancel = leftOut.get(originKey);
      if (cancel) cancel();
      else if (leftOut.size === MAX_LEFT_OUT) return;
      else version += 1;
      leftOut.set(
        originKey,
        clock.after(forMs, () => takeBack(originKey)),
      );
    },
    answered(originKey) {
      // Each response asks, and nearly always nobody is left out.
      if (leftOut.size === 0) return;
      const cancel = leftOut.get(originKey);
      if (!cancel) return;
      cancel();
      takeBack(originKey);
    },
  };
}
