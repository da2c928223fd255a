import { randomUUID } from 'node:crypto';
import type { Commits } from './commits.js';
import { databaseProblem } from './database-problem.js';
import { QueueFull } from './mutex.js';
import type { LockSession, Position } from './revisions.js';
import type { Definitions, Draft, World } from './tables/definition.js';
import { type Changed, createLayer, type Layer } from './tables/draft.js';
import { batchStatement } from './tables/statement.js';
import type { Tables } from './tables/tables.js';

export interface WriterOptions<D extends Definitions> {
  readonly tables: Tables<D>;
  readonly commits: Pick<Commits, 'commitBatch'>;
  /** Memory shows the revisions: what it says is awaited before their writers hear of it. */
  readonly committed: (batch: CommittedBatch) => Promise<void>;
  /** Looks at what a write has changed, and throws when that is too much. */
  readonly verify?: Verify<D> | undefined;
}

export interface CommittedBatch {
  /** Of its last write. */
  readonly revision: number;
  /** What each write has changed, in their order. */
  readonly writes: readonly Changed[];
  /** What all of them have changed. */
  readonly changed: Changed;
}

export type Verify<D extends Definitions> = (changed: Changed, draft: Draft<D>, before: World<D>) => void;

/**
 * Runs `work` on the committed state in memory, as the writes before it leave it, and commits what it has changed. It resolves when the
 * change is committed and followed. What `work` throws changes nothing. It runs at once and must not wait for anything.
 */
export type Write<D extends Definitions> = <T>(work: (draft: Draft<D>) => T) => Promise<T>;

/** Writes that one transaction may carry. */
const MAX_BATCH = 64;
/** Rows after which a batch takes no other write. */
const MAX_ROWS = 5_000;
/** Writers beyond this are refused rather than piled up in memory. */
const MAX_WAITING = 4096;

interface Waiting<D extends Definitions> {
  readonly work: (draft: Draft<D>) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What came of the work of one writer: its own changes, and its value or error. */
interface Done<D extends Definitions> {
  readonly writer: Waiting<D>;
  readonly changed: Changed;
  readonly answer: () => void;
  readonly revision: Position | null;
}

/**
 * Group commit: what waits while a transaction is under way shares the next one. Each writer keeps its own answer, error and
 * revision; when the database refuses a batch, its writes are done again one by one, so that one that fails takes nobody along.
 */
export function createWriter<D extends Definitions>(options: WriterOptions<D>): Write<D> {
  const { tables, commits, committed, verify } = options;
  const waiting: Waiting<D>[] = [];
  let running = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) await commitNext(() => waiting.splice(0, MAX_BATCH));
    running = false;
  }

  /** `take` is called when the transaction begins: what comes until then goes with it. */
  async function commitNext(take: () => Waiting<D>[]): Promise<void> {
    let writers: Waiting<D>[] | null = null;
    let done: Done<D>[] = [];
    let followed: Promise<void> | undefined;
    try {
      await commits.commitBatch((known, session) => {
        writers ??= take();
        const made = makeBatch(writers, known, session);
        waiting.unshift(...writers.splice(made.done.length));
        done = made.done;
        if (made.statement === null) return null;
        const apply = () => {
          followed = applied(made);
        };
        return { positions: made.positions, statement: made.statement, apply };
      });
    } catch (error) {
      await refused(writers ?? take(), error);
      return;
    }
    answer(done, followed);
  }

  /** Does not wait: the next batch goes on while the data plane follows this one. */
  function answer(done: readonly Done<D>[], followed: Promise<void> | undefined): void {
    const give = () => {
      for (const { answer } of done) answer();
    };
    if (followed) void followed.then(give);
    else give();
  }

  async function refused(writers: readonly Waiting<D>[], error: unknown): Promise<void> {
    const isOfDatabase = databaseProblem(error) !== null || (error as Error).name in UNDECIDED;
    if (writers.length > 1 && !isOfDatabase) for (const writer of writers) await commitNext(() => [writer]);
    else for (const { reject } of writers) reject(error);
  }

  function makeBatch(writers: readonly Waiting<D>[], known: Position, session: LockSession | null) {
    const { definitions, world } = tables;
    const whole = createLayer(definitions, world);
    const done: Done<D>[] = [];
    const transaction = randomUUID();
    let revision = known.revision;
    let rows = 0;
    for (const writer of writers) {
      if (rows > MAX_ROWS) break;
      const layer = createLayer(definitions, whole.tables);
      const answer = answerOf(writer, () => {
        const value = writer.work(layer.tables);
        verify?.(layer.changed, layer.tables, whole.tables);
        return value;
      });
      if (!answer.failed) rows += merge(definitions, layer.changed, whole as Layer<Definitions>);
      const isWrite = !answer.failed && nounsAndIds(definitions, layer.changed).length > 0;
      if (isWrite) revision += 1;
      const changed: Changed = isWrite ? layer.changed : new Map();
      done.push({
        writer,
        changed,
        answer: answer.give,
        revision: isWrite ? { revision, transaction } : null,
      });
    }
    const positions = done.flatMap(({ revision }) => revision ?? []);
    const revisions = done.flatMap(({ revision, changed }) =>
      revision ? [{ ...revision, changes: nounsAndIds(definitions, changed) }] : [],
    );
    const statement =
      revisions.length === 0
        ? null
        : batchStatement(definitions, world, whole.changed, revisions, known, session);
    return { done, positions, statement, changed: whole.changed };
  }

  /** Memory shows the batch before anything is answered. */
  function applied({ done, positions, changed }: ReturnType<typeof makeBatch>): Promise<void> {
    tables.apply(changed);
    const writes = done.flatMap((one) => (one.revision === null ? [] : [one.changed]));
    return committed({ revision: positions.at(-1)!.revision, writes, changed });
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

/** The write's value or error, to be given when its batch is committed. */
function answerOf(
  { resolve, reject }: Pick<Waiting<Definitions>, 'resolve' | 'reject'>,
  work: () => unknown,
) {
  try {
    const value = work();
    return { failed: false, give: () => resolve(value) };
  } catch (error) {
    return { failed: true, give: () => reject(error) };
  }
}

/** Gives how many rows of the database that may be, at most. */
function merge(definitions: Definitions, changed: Changed, { tables }: Layer<Definitions>): number {
  let rows = 0;
  for (const [name, byId] of changed)
    for (const [id, row] of byId) {
      if (row === null) tables[name]!.remove(id);
      else tables[name]!.put(row);
      for (const relation of definitions[name]!.relations) rows += row ? relation.rowsOf(row).length : 1;
    }
  return rows;
}

const nounsAndIds = (definitions: Definitions, changed: Changed) =>
  [...changed].flatMap(([name, rows]) =>
    [...rows.keys()].map((id): [string, string] => [definitions[name]!.noun, id]),
  );
