import type { Clock } from './clock.js';
import { createDueTasks, type DueTask } from './due-tasks.js';
import { realTime } from './real-time.js';

/** A clock stands still at a time, or goes with real time, so far ahead of it. Unix milliseconds. */
export type ClockState = { readonly stoppedAt: number } | { readonly offsetMs: number };

/**
 * What happens on the way to a later time. It `passes`: each task runs at its own moment, those that it adds as well, and time goes on when what
 * they have begun is done. Or the clock `jumps`, as that of a machine that has slept: each task that is due by then runs once, in order.
 */
export type Passage = 'passes' | 'jumps';

/** A clock that goes with real time until it is told otherwise. */
export interface SettableClock extends Clock {
  readonly state: ClockState;
  /** Tasks that wait. */
  readonly pending: number;
  /**
   * Resolves when the clock does so, and what was due has been run and is done; with false when that took longer than `PATIENCE_MS`: then the
   * rest of the way was a jump. An earlier time makes nothing due. One move begins when the one before it is over.
   */
  move(to: ClockState, passage: Passage): Promise<boolean>;
  /** For tests of parts: time passes within the call, which waits for nothing, and then the clock stands still. */
  advance(ms: number): void;
}

export const REAL: ClockState = { offsetMs: 0 };

/** Milliseconds of real time that a move waits for what it has begun. */
export const PATIENCE_MS = 2_000;
/** Tasks that run before the rest of the thread gets its turn. */
const TASKS_PER_TURN = 64;
/** More are taken for a task that is due again and again without end. */
const MOST_TASKS = 100_000;
/** A moment that was reckoned in two ways may differ by the rounding. */
const ROUNDING_MS = 1e-6;
/** Node's timers take no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Moment {
  readonly now: number;
  readonly monotonic: number;
}

/** `patienceMs`: see `PATIENCE_MS`. */
export function createSettableClock(state: ClockState = REAL, patienceMs = PATIENCE_MS): SettableClock {
  const tasks = createDueTasks();
  /** Where it stands; null while it goes. */
  let stands: Moment | null = 'stoppedAt' in state ? { now: state.stoppedAt, monotonic: 0 } : null;
  let offsetMs = 'stoppedAt' in state ? 0 : state.offsetMs;
  /** The same of the monotonic time. */
  let leadMs = 0;
  let cancelWake = () => {};
  let lastMove: Promise<unknown> = Promise.resolve();

  const now = () => (stands === null ? realTime.now() + offsetMs : stands.now);
  const monotonic = () => (stands === null ? realTime.monotonic() + leadMs : stands.monotonic);

  /** One timer, for the next task. */
  function wakeInTime(): void {
    cancelWake();
    const { next } = tasks;
    if (stands !== null || !next) return;
    const ms = Math.ceil(Math.max(0, next.dueAt - monotonic()));
    cancelWake = realTime.after(Math.min(ms, LONGEST_TIMER_MS), wake);
  }

  function wake(): void {
    const until = monotonic();
    for (let due = tasks.take(until); due; due = tasks.take(until)) due.task?.();
    wakeInTime();
  }

  /** Whole milliseconds: sums of them are exact, however many steps a test takes to a moment. */
  function stand(): Moment {
    stands ??= { now: now(), monotonic: Math.ceil(monotonic()) };
    cancelWake();
    return stands;
  }

  function goOn(ahead: number): void {
    const { monotonic: stood } = stand();
    offsetMs = ahead;
    leadMs = stood - realTime.monotonic();
    stands = null;
    wakeInTime();
  }

  /** Goes to the moment of the next task up to `end` and runs it; answers what it gives, or null when there is none. */
  function runNext(begun: Moment, end: number): { readonly given: unknown } | null {
    const due = tasks.take(end + ROUNDING_MS);
    if (!due) return null;
    standAt(begun, Math.min(end, Math.max(monotonic(), due.dueAt)));
    return { given: due.task?.() };
  }

  function standAt(begun: Moment, at: number): void {
    stands = { now: begun.now + Math.round(at - begun.monotonic), monotonic: at };
  }

  async function pass(begun: Moment, end: number, underWay: UnderWay): Promise<void> {
    for (let run = 1; ; run += 1) {
      const isNow = (tasks.next?.dueAt ?? Number.POSITIVE_INFINITY) <= monotonic();
      if (!isNow) await underWay.done();
      if (run % TASKS_PER_TURN === 0) await new Promise(setImmediate);
      if (underWay.tooLong()) return;
      const one = runNext(begun, end);
      if (one) underWay.add(one.given);
      else if (underWay.isEmpty()) return;
    }
  }

  /** What the tasks add is for later. */
  function jump(begun: Moment, end: number, underWay: UnderWay): void {
    standAt(begun, end);
    const due: DueTask[] = [];
    for (let one = tasks.take(monotonic()); one; one = tasks.take(monotonic())) due.push(one);
    for (const { task } of due) underWay.add(task?.());
  }

  async function moveNow(to: ClockState, passage: Passage): Promise<boolean> {
    const goal = () => ('stoppedAt' in to ? to.stoppedAt : realTime.now() + to.offsetMs);
    const underWay = createUnderWay(patienceMs);
    const begun = stand();
    const ms = goal() - begun.now;
    try {
      if (ms < 0) {
        stands = { ...begun, now: begun.now + ms };
        return true;
      }
      const end = begun.monotonic + ms;
      if (passage === 'passes') await pass(begun, end, underWay);
      jump(begun, end, underWay);
      await underWay.done();
      return !underWay.tooLong();
    } finally {
      if ('offsetMs' in to) goOn(to.offsetMs);
    }
  }

  return {
    now,
    monotonic,
    after(ms, task) {
      const due = tasks.add(monotonic() + ms, task);
      if (stands === null && tasks.next === due) wakeInTime();
      return () => {
        due.task = null;
      };
    },
    get state() {
      return stands === null ? { offsetMs } : { stoppedAt: stands.now };
    },
    get pending() {
      return tasks.size;
    },
    move(to, passage) {
      const moved = lastMove.then(() => moveNow(to, passage));
      lastMove = moved.catch(() => {});
      return moved;
    },
    advance(ms) {
      const begun = stand();
      const end = begun.monotonic + ms;
      for (let run = 0; runNext(begun, end); run += 1)
        if (run === MOST_TASKS)
          throw new Error(
            `more than ${MOST_TASKS} tasks were due within ${ms} ms; advance the clock by less`,
          );
      standAt(begun, end);
    },
  };
}

/** What tasks have begun. */
interface UnderWay {
  add(given: unknown): void;
  isEmpty(): boolean;
  /** Resolves when all is done, or it takes too long. */
  done(): Promise<void>;
  tooLong(): boolean;
}

function createUnderWay(patienceMs: number): UnderWay {
  const end = realTime.monotonic() + patienceMs;
  const begun = new Set<Promise<unknown>>();
  let gaveUp = false;
  return {
    add(given) {
      if (!(given instanceof Promise)) return;
      const done = given
        // Whoever has begun it says what has become of it.
        .catch(() => {})
        .finally(() => begun.delete(done));
      begun.add(done);
    },
    isEmpty: () => begun.size === 0,
    async done() {
      if (begun.size === 0) return;
      let cancel = () => {};
      const late = new Promise<void>((resolve) => {
        cancel = realTime.after(end - realTime.monotonic(), () => {
          gaveUp = true;
          resolve();
        });
      });
      await Promise.race([Promise.all(begun), late]);
      cancel();
    },
    tooLong: () => gaveUp || realTime.monotonic() >= end,
  };
}
