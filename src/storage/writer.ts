import type { Clock } from '../net/clock.js';
import { type Done, type MadeBatch, makeBatch, type Verify } from './batch.js';
import type { Commits } from './commits.js';
import { databaseProblem } from './database-problem.js';
import { QueueFull } from './mutex.js';
import type { Definitions, Draft, NewIds } from './tables/definition.js';
import type { Changed } from './tables/draft.js';
import type { Tables } from './tables/tables.js';

export interface WriterOptions<D extends Definitions> {
  readonly tables: Tables<D>;
  readonly commits: Pick<Commits, 'commitBatch'>;
  /** Memory shows the revisions: what it says is awaited before their writers hear of it. */
  readonly committed: (batch: CommittedBatch) => Promise<void>;
  readonly verify?: Verify<D> | undefined;
  /** What rows are stamped with. */
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: NewIds;
}

export interface CommittedBatch {
  /** Of its last write. */
  readonly revision: number;
  /** What each write has changed, in their order. */
  readonly writes: readonly Changed[];
  /** What all of them have changed. */
  readonly changed: Changed;
}

/**
 * Runs `work` on the committed state in memory, as the writes before it leave it, and commits what it has changed. It resolves when the
 * change is committed and followed. What `work` throws changes nothing. It runs at once and must not wait for anything.
 */
export type Write<D extends Definitions> = <T>(work: (draft: Draft<D>) => T) => Promise<T>;

/** Writes that one transaction may carry. */
const MAX_BATCH = 64;
/** Writers beyond this are refused rather than piled up in memory. */
const MAX_WAITING = 4096;

interface Waiting<D extends Definitions> {
  readonly work: (draft: Draft<D>) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what waits while a transaction is under way shares the next one. Each writer keeps its own answer, error and
 * revision; when the database refuses a batch, its writes are done again one by one, so that one that fails takes nobody along.
 */
export function createWriter<D extends Definitions>(options: WriterOptions<D>): Write<D> {
  const { tables, commits, committed, verify, clock, ids } = options;
  const waiting: Waiting<D>[] = [];
  let running = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) await commitNext(() => waiting.splice(0, MAX_BATCH));
    running = false;
  }

  /** `take` is called when the transaction begins: what comes until then goes with it. */
  async function commitNext(take: () => Waiting<D>[]): Promise<void> {
    let writers: Waiting<D>[] | null = null;
    let done: readonly Done<Waiting<D>>[] = [];
    let followed: Promise<void> | undefined;
    try {
      await commits.commitBatch((known, session) => {
        writers ??= take();
        const made = makeBatch(tables, writers, known, session, verify, { now: new Date(clock.now()), ids });
        waiting.unshift(...writers.splice(made.done.length));
        done = made.done;
        if (made.statement === null) return null;
        const apply = () => {
          followed = applied(made);
        };
        return { positions: made.revisions, statement: made.statement, apply };
      });
    } catch (error) {
      await refused(writers ?? take(), error);
      return;
    }
    // Not awaited: the next batch goes on while the data plane follows this one.
    if (followed) void followed.then(() => answer(done));
    else answer(done);
  }

  async function refused(writers: readonly Waiting<D>[], error: unknown): Promise<void> {
    const isOfDatabase = databaseProblem(error) !== null || (error as Error).name in UNDECIDED;
    if (writers.length > 1 && !isOfDatabase) for (const writer of writers) await commitNext(() => [writer]);
    else for (const { reject } of writers) reject(error);
  }

  /** Memory shows the batch before anything is answered. */
  function applied({ done, revisions, changed }: MadeBatch<Waiting<D>>): Promise<void> {
    tables.apply(changed);
    const writes = done.flatMap((one) => one.changed ?? []);
    return committed({ revision: revisions.at(-1)!.revision, writes, changed });
  }

  return (work) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= MAX_WAITING) {
        reject(new QueueFull(`more than ${MAX_WAITING} changes are waiting`));
        return;
      }
      waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (running) return;
      running = true;
      void run();
    });
}

/** After these nobody knows better by trying again. */
const UNDECIDED = {
  CommitFailed: true,
  CommitUncertain: true,
  LockLost: true,
  DatabaseAway: true,
  QueueFull: true,
};

function answer(done: readonly Done<Pick<Waiting<Definitions>, 'resolve' | 'reject'>>[]): void {
  for (const { writer, outcome } of done) {
    if ('error' in outcome) writer.reject(outcome.error);
    else writer.resolve(outcome.value);
  }
}
