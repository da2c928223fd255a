import type { Clock } from './clock.js';

/**
 * Runs `expire` once when `ms` have passed; returns how to call it off. After a stall of the event loop the timers run
 * before the sockets are read, so an answer that came in time would look late: everything that has already arrived gets
 * one more turn before the verdict.
 */
export function startDeadline(clock: Clock, ms: number, expire: () => void): () => void {
  let lastTurn: NodeJS.Immediate | undefined;
  const cancelTimer = clock.after(ms, () => {
    lastTurn = setImmediate(expire);
  });
  return () => {
    cancelTimer();
    clearImmediate(lastTurn);
  };
}
