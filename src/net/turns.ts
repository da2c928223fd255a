/** Runs tasks one after the other, in the order of their calls. */
export interface Turns {
  <T>(task: () => Promise<T>): Promise<T>;
  /** Resolves when the last one is over, however it has ended. */
  settled(): Promise<unknown>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  const take = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = last.then(task);
    last = turn.catch(() => {});
    return turn;
  };
  return Object.assign(take, { settled: () => last });
}
