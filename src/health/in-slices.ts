/** Work that would hold up the event loop, done a few steps at a time. */
export interface TimeSlicedWork {
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
