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
  return {
    record(event) {
      inOrder(() => write(event)).catch((error: unknown) => onLost(error, event));
    },
    settled: () => inOrder(async () => undefined).catch(() => undefined),
  };
}
