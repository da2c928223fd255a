/** A task that waits for its moment. */
export interface DueTask {
  /** Of a monotonic clock. */
  readonly dueAt: number;
  /** Null when it was taken back. */
  task: (() => void) | null;
}

/** Tasks that wait, the next one first; of those due at one moment, the one that was added first. */
export interface DueTasks {
  /** Counts: for tests. */
  readonly size: number;
  /** The next one. */
  readonly next: DueTask | undefined;
  /** To take it back, its `task` is set to null: it is thrown away when its turn would have come. */
  add(dueAt: number, task: () => void): DueTask;
  /** Removes the next one when it is due at `until` or before. */
  take(until: number): DueTask | undefined;
}

type Numbered = DueTask & { readonly order: number };

const isBefore = (a: Numbered, b: Numbered) =>
  a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);

/** A binary heap: ten thousand checks wait at a time, and each waits anew after it was made. */
export function createDueTasks(): DueTasks {
  const heap: Numbered[] = [];
  let added = 0;

  function rise(at: number): void {
    const risen = heap[at]!;
    let place = at;
    for (
      let parent = (place - 1) >> 1;
      place > 0 && isBefore(risen, heap[parent]!);
      parent = (place - 1) >> 1
    ) {
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = risen;
  }

  function sinkFirst(): void {
    const sunk = heap[0]!;
    let place = 0;
    for (let child = 1; child < heap.length; child = 2 * place + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, sunk)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = sunk;
  }

  function removeFirst(): Numbered {
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      sinkFirst();
    }
    return first;
  }

  function next(): Numbered | undefined {
    while (heap[0]?.task === null) removeFirst();
    return heap[0];
  }

  return {
    get size() {
      return heap.filter(({ task }) => task !== null).length;
    },
    get next() {
      return next();
    },
    add(dueAt, task) {
      const due: Numbered = { dueAt, task, order: added };
      added += 1;
      heap.push(due);
      rise(heap.length - 1);
      return due;
    },
    take: (until) => ((next()?.dueAt ?? Number.POSITIVE_INFINITY) <= until ? removeFirst() : undefined),
  };
}
