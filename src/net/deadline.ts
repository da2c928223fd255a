import type { Clock } from './clock.js';

/** A timer that is later than this was held up. */
const STALL_MS = 100;

/**
 * Runs `expire` once when `ms` have passed; returns how to call it off. What the event loop was held up for does not count,
 * up to another `ms`: nobody could answer in that time. And since timers run before the sockets are read, everything that
 * has already arrived gets one more turn before the verdict.
 */
export function startDeadline(real: Clock, ms: number, expire: () => void): () => void {
  const dueAt = real.monotonic() + ms;
  let lastTurn: NodeJS.Immediate | undefined;
  const giveOneMoreTurn = () => {
    lastTurn = setImmediate(expire);
  };
  let cancelTimer = real.after(ms, () => {
    const late = real.monotonic() - dueAt;
    if (late < STALL_MS) giveOneMoreTurn();
    else cancelTimer = real.after(Math.min(late, ms), giveOneMoreTurn);
  });
  return () => {
    cancelTimer();
    clearImmediate(lastTurn);
  };
}
