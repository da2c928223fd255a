import { once } from 'node:events';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { DataPlaneListen } from './data-plane-options.js';

/** The data plane's thread. Its sockets listen, and wait for the rest. */
export interface DataPlaneThread {
  readonly worker: Worker;
  /** Resolves when every socket listens; rejects when one cannot be had. */
  readonly opened: Promise<void>;
  /** Rejects when the thread ends, for whatever reason. */
  readonly ended: Promise<never>;
  terminate(): Promise<void>;
}

/**
 * Small, because what a request leaves behind dies with it, and because Node gives each read of a client a buffer outside of the heap: V8
 * counts these, and with a larger young generation it collected the whole heap for each 64 MiB of uploads before it would have come to them.
 * A third of it is what one collection copies at most while requests wait.
 */
const YOUNG_GENERATION_MB = 3;

/**
 * Of what a request leaves behind next to nothing lives on: to wake other threads for its collection, which then wait for a core, costs
 * more than it saves (a sixth of the user time of a small request).
 */
const COLLECT_ALONE = '--no-parallel-scavenge';

/** `script` opens the sockets first, says so with its first message, and then waits for what the data plane starts with. */
export function spawnDataPlane(script: URL, listen: DataPlaneListen): DataPlaneThread {
  v8.setFlagsFromString(COLLECT_ALONE);
  const worker = new Worker(script, {
    workerData: listen,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const ended = new Promise<never>((_resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the data plane ended with code ${code}`)));
  });
  const opened = Promise.race([once(worker, 'message'), ended]).then(() => undefined);
  for (const promise of [ended, opened]) promise.catch(() => {});
  return {
    worker,
    opened,
    ended,
    async terminate() {
      await worker.terminate();
    },
  };
}
