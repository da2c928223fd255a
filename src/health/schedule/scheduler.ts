import type { Clock } from '../../net/clock.js';
import { Cancellation } from '../probes/probe.js';

/** One run of a job. It must end soon after it is cancelled, and must not reject. */
type Run = (cancellation: Cancellation) => Promise<void>;

interface Job {
  /** Cancels the run under way and starts another as soon as there is room. */
  runNow(): void;
  /** Cancels the run under way or forgets the one that waits for room; the next comes in its turn. */
  skip(): void;
  /** Another interval from now on, the next run within it. The run under way, or the one that waits for room, goes on. */
  reschedule(intervalMs: number): void;
  /** Cancels the run under way; there is no next. */
  end(): void;
}

export interface Scheduler {
  /**
   * The first run at once; then one in each interval, at the job's own moment of it, or right after the end of a run that
   * took longer. The moments of all jobs are spread evenly, however many of them have started together.
   */
  every(intervalMs: number, run: Run): Job;
  /** Cancels everything; resolves when the last run has ended. */
  stop(): Promise<void>;
}

interface Task {
  intervalMs: number;
  /** Where its moment is in each interval, as a part of the interval: 0 up to 1. */
  readonly phase: number;
  readonly run: Run;
  /** The moment that the last run was for. */
  dueAt: number;
  cancelTimer: () => void;
  /** Of the run under way. */
  underWay: Cancellation | undefined;
  /** Waits for room, or a run is under way. */
  isBusy: boolean;
}

/** Starting a probe costs about 0.1 ms; the traffic on the same thread gets its turn between so many. */
const STARTS_PER_TURN = 8;
/** Checks begin at multiples of this: those of one moment share the turn of the event loop, with all that they wake up. */
const MOMENT_MS = 5;
/** Intervals are whole seconds outside of tests. */
const SHORT_MS = 1_000;
/** The time of day has whole milliseconds, and monotonic time has parts of them. */
const ROUNDING_MS = 2;
/** Multiples of the golden ratio, modulo 1, are spread evenly, however many of them there are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Runs jobs over and over: one timer for each, at most `maxInFlight` at once, first come first served. */
export function createScheduler({ clock, maxInFlight }: { clock: Clock; maxInFlight: number }): Scheduler {
  const tasks = new Set<Task>();
  const queue = new Set<Task>();
  let inFlight = 0;
  /** Of `stop`. */
  let onLastEnd = () => {};
  let busy = 0;
  let onIdle = () => {};
  let made = 0;
  /** The time of day less monotonic time: what is left of a millisecond must not move the moments. */
  let ahead = clock.now() - clock.monotonic();
  let nextTurn: NodeJS.Immediate | undefined;

  function startQueued(): void {
    nextTurn = undefined;
    let left = Math.min(STARTS_PER_TURN, maxInFlight - inFlight);
    for (const task of queue) {
      if (left === 0) break;
      left -= 1;
      queue.delete(task);
      start(task);
    }
    if (queue.size > 0 && inFlight < maxInFlight) startSoon();
  }

  function startSoon(): void {
    nextTurn ??= setImmediate(startQueued);
  }

  function enqueue(task: Task): void {
    queue.add(task);
    setBusy(task, true);
    startSoon();
  }

  /** The clock hears when the first task has something to do, and when none has. */
  function setBusy(task: Task, isBusy: boolean): void {
    if (task.isBusy === isBusy) return;
    task.isBusy = isBusy;
    busy += isBusy ? 1 : -1;
    if (isBusy && busy === 1)
      clock.during(
        new Promise<void>((resolve) => {
          onIdle = resolve;
        }),
      );
    if (busy === 0) onIdle();
  }

  function start(task: Task): void {
    const cancellation = new Cancellation();
    // A timer may fire a moment early: the run is still the one for its moment.
    task.dueAt = Math.max(task.dueAt, clock.monotonic());
    task.underWay = cancellation;
    inFlight += 1;
    task.run(cancellation).then(() => {
      inFlight -= 1;
      if (inFlight === 0) onLastEnd();
      if (queue.size > 0) startSoon();
      // Otherwise it was cancelled, and whoever did that has said what comes next.
      if (task.underWay !== cancellation) return;
      task.underWay = undefined;
      runNext(task);
      if (!queue.has(task)) setBusy(task, false);
    });
  }

  function runNext(task: Task): void {
    const { intervalMs } = task;
    const momentMs = intervalMs < SHORT_MS ? 1 : MOMENT_MS;
    const phaseMs = Math.round((task.phase * intervalMs) / momentMs) * momentMs;
    const now = clock.monotonic();
    // Moments are those of the time of day: a test that sets that has them all.
    const aheadNow = clock.now() - now;
    // A clock that stands does so at a whole millisecond of both.
    if (Number.isInteger(now) || Math.abs(aheadNow - ahead) > ROUNDING_MS) ahead = aheadNow;
    const due = task.dueAt + ahead;
    // The little more keeps what is left of a millisecond from giving the same moment once again.
    const moments = Math.floor((due - phaseMs + Math.min(ROUNDING_MS, intervalMs / 10)) / intervalMs);
    const next = phaseMs + (moments + 1) * intervalMs;
    task.dueAt = next - ahead;
    const ms = task.dueAt - now;
    if (ms <= 0) enqueue(task);
    else task.cancelTimer = clock.after(ms, () => enqueue(task));
  }

  function cancel(task: Task): void {
    task.cancelTimer();
    queue.delete(task);
    const { underWay } = task;
    task.underWay = undefined;
    underWay?.cancel();
    setBusy(task, false);
  }

  return {
    every(intervalMs, run) {
      const phase = (made * GOLDEN_RATIO) % 1;
      made += 1;
      const task: Task = {
        intervalMs,
        phase,
        run,
        dueAt: clock.monotonic(),
        cancelTimer: () => {},
        underWay: undefined,
        isBusy: false,
      };
      tasks.add(task);
      enqueue(task);
      return {
        runNow() {
          cancel(task);
          task.dueAt = clock.monotonic();
          if (tasks.has(task)) enqueue(task);
        },
        skip() {
          cancel(task);
          task.dueAt = clock.monotonic();
          if (tasks.has(task)) runNext(task);
        },
        reschedule(nextIntervalMs) {
          task.intervalMs = nextIntervalMs;
          if (!tasks.has(task) || task.underWay || queue.has(task)) return;
          task.cancelTimer();
          task.dueAt = clock.monotonic();
          runNext(task);
        },
        end() {
          tasks.delete(task);
          cancel(task);
        },
      };
    },
    async stop() {
      clearImmediate(nextTurn);
      for (const task of tasks) cancel(task);
      tasks.clear();
      if (inFlight === 0) return;
      await new Promise<void>((resolve) => {
        onLastEnd = resolve;
      });
    },
  };
}

/** Work that would hold up the event loop, done a few steps at a time. */
interface TimeSlicedWork {
  /** There is something to do: the first steps are made now, unless steps are being made turn by turn already. */
  start(): void;
  /** Whether there is something left for later turns. */
  readonly underWay: boolean;
  stop(): void;
}

/**
 * `work` does what there is to do and ends when nothing is left; each `yield` is a step, of which each turn of the event
 * loop makes `stepsPerTurn`. `onDone` is called when it has ended.
 */
export function timeSliced(
  work: () => Iterator<void>,
  stepsPerTurn: number,
  onDone: () => void,
): TimeSlicedWork {
  let steps: Iterator<void> | undefined;
  let nextTurn: NodeJS.Immediate | undefined;

  function makeSteps(): void {
    for (let left = stepsPerTurn; steps && left > 0; left -= 1) {
      if (steps.next().done) steps = undefined;
    }
    if (steps) nextTurn = setImmediate(makeSteps);
    else onDone();
  }

  return {
    start() {
      if (steps) return;
      steps = work();
      makeSteps();
    },
    get underWay() {
      return steps !== undefined;
    },
    stop() {
      clearImmediate(nextTurn);
      steps = undefined;
    },
  };
}
