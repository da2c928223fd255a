import { createMutex } from './mutex.js';

export interface Recorder<E> {
  record(event: E): void;
  /** Resolves when everything that was told so far is written down, or lost. */
  settled(): Promise<void>;
}

export interface RecorderOptions<E> {
  readonly write: (event: E) => Promise<unknown>;
  /** Events that wait at most; more are lost. */
  readonly limit: number;
  readonly onLost: (error: unknown, event: E) => void;
}

/** Writes down what happens, in its order, without holding up those to whom it happens. */
export function createRecorder<E>({ write, limit, onLost }: RecorderOptions<E>): Recorder<E> {
  const inOrder = createMutex(limit);
  const underWay = new Set<Promise<void>>();
  return {
    record(event) {
      const one: Promise<void> = inOrder(() => write(event))
        .then(
          () => undefined,
          (error: unknown) => onLost(error, event),
        )
        .finally(() => underWay.delete(one));
      underWay.add(one);
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
