import { type Clock, realTime } from './clock.js';
import { createDueTasks, type DueTask } from './due-tasks.js';

/** A clock stands still at a time, or goes with real time, so far ahead of it. Unix milliseconds. */
export type ClockState = { readonly stoppedAt: number } | { readonly offsetMs: number };

/**
 * What happens on the way to a later time. It `passes`: each task runs at its own moment, those that it adds as well, and time goes on when what
 * belongs to that moment is done. Or the clock `jumps`, as that of a machine that has slept: each task that is due by then runs once, in order.
 * It `stays` where no time is to go by: it is stopped or started.
 */
export type ClockMove = 'passes' | 'jumps' | 'stays';

/** A clock that goes with real time until it is told otherwise. */
export interface SettableClock extends Clock {
  readonly state: ClockState;
  /** Tasks that wait. */
  readonly pending: number;
  /**
   * Resolves when the clock does so, and what was due has been run and is done; with false when that took longer than `PATIENCE_MS`: then the
   * rest of the way was a jump. A time that is no later makes nothing due, and is not waited for. One move begins when the one before it is over.
   */
  move(to: ClockState, passage: ClockMove): Promise<boolean>;
  /** For tests of parts: time passes within the call, which waits for nothing, and then the clock stands still. */
  advance(ms: number): void;
}

export const REAL: ClockState = { offsetMs: 0 };

/** Milliseconds of real time that a move takes for what is done on the way. */
const PATIENCE_MS = 2_000;
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
  const underWay = createUnderWay();
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

  /** Goes to the moment of the next task up to `end` and runs it; false when there is none. */
  function runNext(begun: Moment, end: number): boolean {
    const due = tasks.take(end + ROUNDING_MS);
    if (!due) return false;
    standAt(begun, Math.min(end, Math.max(monotonic(), due.dueAt)));
    due.task?.();
    return true;
  }

  function standAt(begun: Moment, at: number): void {
    stands = { now: begun.now + Math.round(at - begun.monotonic), monotonic: at };
  }

  async function pass(begun: Moment, end: number, waiter: Waiter): Promise<void> {
    for (let run = 1; !waiter.isOver; run += 1) {
      const isNow = (tasks.next?.dueAt ?? Number.POSITIVE_INFINITY) <= monotonic();
      if (!isNow && !underWay.isEmpty) await waiter.next();
      else if (!runNext(begun, end)) return;
      if (run % TASKS_PER_TURN === 0) await new Promise(setImmediate);
    }
  }

  /** What the tasks add is for later. */
  function jump(begun: Moment, end: number): void {
    standAt(begun, end);
    const due: DueTask[] = [];
    for (let one = tasks.take(monotonic()); one; one = tasks.take(monotonic())) due.push(one);
    for (const { task } of due) task?.();
  }

  async function moveNow(to: ClockState, passage: ClockMove): Promise<boolean> {
    const goal = () => ('stoppedAt' in to ? to.stoppedAt : realTime.now() + to.offsetMs);
    const waiter = underWay.waiter(patienceMs);
    const begun = stand();
    const ms = goal() - begun.now;
    try {
      if (ms <= 0 || passage === 'stays') {
        stands = { ...begun, now: begun.now + ms };
        return true;
      }
      const end = begun.monotonic + ms;
      await waiter.all();
      if (passage === 'passes') await pass(begun, end, waiter);
      jump(begun, end);
      await waiter.all();
      return !waiter.isOver;
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
    during: underWay.add,
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

/** Work that has begun and is not done. */
interface UnderWay {
  add(work: Promise<unknown>): void;
  readonly isEmpty: boolean;
  /** Somebody who waits for it, for at most `ms`. */
  waiter(ms: number): Waiter;
}

interface Waiter {
  /** Resolves when something more is done, or there is no time left. */
  next(): Promise<void>;
  /** Resolves when there is nothing under way, or no time left. */
  all(): Promise<void>;
  readonly isOver: boolean;
}

function createUnderWay(): UnderWay {
  const begun = new Set<Promise<unknown>>();
  let wake = () => {};

  function waiter(ms: number): Waiter {
    const end = realTime.monotonic() + ms;
    let gaveUp = false;
    const isOver = () => gaveUp || realTime.monotonic() >= end;

    function next(): Promise<void> {
      return new Promise((resolve) => {
        const cancel = realTime.after(end - realTime.monotonic(), () => {
          gaveUp = true;
          resolve();
        });
        wake = () => {
          cancel();
          resolve();
        };
      });
    }

    return {
      next,
      async all() {
        while (begun.size > 0 && !isOver()) await next();
      },
      get isOver() {
        return isOver();
      },
    };
  }

  return {
    add(work) {
      const done = work
        // Whoever has begun it says what has become of it.
        .catch(() => {})
        .finally(() => {
          begun.delete(done);
          wake();
        });
      begun.add(done);
    },
    get isEmpty() {
      return begun.size === 0;
    },
    waiter,
  };
}
