export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

/** Runs tasks one after the other in the order of their calls; at most `limit` may wait. */
export function createMutex(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (task) => {
    if (waiting >= limit) return Promise.reject(new QueueFull(`more than ${limit} changes are waiting`));
    waiting += 1;
    const run = tail.then(task).finally(() => {
      waiting -= 1;
    });
    tail = run.catch(() => undefined);
    return run;
  };
}
