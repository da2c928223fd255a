import { type ClockChange, type ClockControl, MOST_MS } from '../api/admin/clock.js';
import type { DataPlane } from '../bridge/data-plane.js';
import { createTurns, realTime } from '../net/clock.js';
import { type ClockMove, type ClockState, REAL, type SettableClock } from '../net/settable-clock.js';
import type { OfframpClock } from './offramp.js';

export interface ClockControlParts {
  /** Of this thread: the data plane's follows it. */
  readonly clock: SettableClock;
  readonly dataPlane: Pick<DataPlane, 'ask'>;
  /** Resolves when what the data plane has told is written down. */
  readonly recorded: () => Promise<unknown>;
  /** What must know that the present time is left, and for which. */
  readonly around: <T>(move: () => Promise<T>) => Promise<T>;
}

const EARLIEST = Date.UTC(1970, 0, 1);
/** Certificates for ten years have to be dated, too. */
const LATEST = Date.UTC(2200, 0, 1);
/** Milliseconds: what is written down waits for a database that is away, and the clock does not. */
const RECORDING_MS = 1_000;

/**
 * Moves the clocks of both threads to one time. The data plane's goes first, so that this thread has heard of everything that happened on the
 * way before its own tasks are due; after these the data plane has heard of what they have told, such as a renewed certificate.
 */
export function createClockControl({ clock, dataPlane, recorded, around }: ClockControlParts): ClockControl {
  const inTurn = createTurns();

  const move = (to: ClockState, passage: ClockMove) => around(() => moveBoth(to, passage));

  async function moveBoth(to: ClockState, passage: ClockMove): Promise<boolean> {
    const doneThere = await dataPlane.ask('set_clock', { to, passage });
    const doneHere = await clock.move(to, passage);
    await dataPlane.ask('clock', null);
    await Promise.race([recorded(), realTime.wait(RECORDING_MS)]);
    return doneThere && doneHere;
  }

  return {
    read() {
      const { state } = clock;
      const stopped = 'stoppedAt' in state;
      const offsetMs = stopped ? state.stoppedAt - realTime.now() : state.offsetMs;
      return { now: new Date(clock.now()), stopped, offsetMs };
    },
    change: (change) =>
      inTurn(async () => {
        const now = aim(clock, change);
        const stops = change.stop ?? (!change.start && 'stoppedAt' in clock.state);
        const to = stops ? { stoppedAt: now } : { offsetMs: now - realTime.now() };
        return await move(to, change.advanceMs ? 'passes' : change.set ? 'jumps' : 'stays');
      }),
    reset: () =>
      inTurn(async () => {
        const { state } = clock;
        if ('stoppedAt' in state || state.offsetMs !== 0) await move(REAL, 'jumps');
      }),
  };
}

/** `run` carries out what somebody has asked for. */
export const clockForLibrary = (
  { read, change, reset }: ClockControl,
  run: <T>(task: () => Promise<T>) => Promise<T>,
): OfframpClock => ({
  now: () => read().now,
  stop: (at) => run(async () => void (await change({ stop: true, set: at }))),
  set: (to) => run(async () => void (await change({ set: to }))),
  advance: (ms) => run(async () => void (await change({ advanceMs: ms }))),
  start: () => run(async () => void (await change({ start: true }))),
  reset: () => run(reset),
});

/** The time to which a change leads. */
function aim(clock: Pick<SettableClock, 'now'>, { set, advanceMs = 0 }: ClockChange): number {
  if (!(Number.isInteger(advanceMs) && advanceMs >= 0 && advanceMs <= MOST_MS))
    throw new RangeError(
      `a clock cannot be advanced by ${JSON.stringify(advanceMs)}; it takes whole milliseconds from 0 up to ${MOST_MS}`,
    );
  // From JavaScript it may be text.
  const from = set === undefined ? clock.now() : new Date(set).getTime();
  const time = Math.round(from + advanceMs);
  if (!(time >= EARLIEST && time <= LATEST)) {
    const [given, first, last] = [time, EARLIEST, LATEST].map(text);
    throw new RangeError(`a clock cannot be set to ${given}; it takes a time from ${first} to ${last}`);
  }
  return time;
}

const text = (time: number) => (Number.isNaN(time) ? 'no time' : new Date(time).toISOString());
