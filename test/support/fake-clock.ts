import { createSettableClock, type SettableClock } from '../../src/net/settable-clock.js';

/** The program's own clock, which stands still until a test advances it. Its monotonic time begins at 0. */
export type FakeClock = SettableClock;

export const createFakeClock = (startAt = 1_800_000_000_000): FakeClock =>
  createSettableClock({ stoppedAt: startAt });
