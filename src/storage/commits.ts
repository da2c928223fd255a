import pg from 'pg';
import type { Logger } from 'pino';
import { type CatchUp, createCatchUp, type Settled } from './catch-up.js';
import { LockLost } from './commit-errors.js';
import { databaseProblem } from './database-problem.js';
import type { Prisma, PrismaClient } from './generated/client.js';
import { createMutex } from './mutex.js';
import { forgetRevisions, type LockSession, type Position } from './revisions.js';
import type { Statement } from './tables/statement.js';

/** What reads take: the client of a transaction, or the one outside of any. */
export type DatabaseClient = Prisma.TransactionClient;

/** The lock of this process, as writers need it. */
export interface WriterLock {
  /** Null while it is not held. */
  readonly session: LockSession | null;
  /** For a person: why it is not held. */
  readonly problem: string;
  /** Finds out at once whether it is still held. */
  verify(): void;
}

export interface CommitsOptions {
  readonly prisma: PrismaClient;
  readonly pool: pg.Pool;
  /** Names for prepared statements, where a session is sure to keep them; else null. */
  readonly statementNames: ((query: { readonly sql: string }) => string) | null;
  /** Null for the embedded database, which no other process can open. */
  readonly lock: WriterLock | null;
  readonly log: Pick<Logger, 'warn'>;
}

/** What a batch writes. */
export interface Batch {
  readonly statement: Statement;
  /** Number and identifier of each of its revisions, in order. */
  readonly positions: readonly Position[];
  /** Called when it is committed: memory follows before it returns. */
  readonly apply: () => void;
}

/** Makes the batch from what memory shows at the moment. Null writes nothing. */
export type MakeBatch = (known: Position, session: LockSession | null) => Batch | null;

export interface Commits extends Pick<CatchUp, 'suspect' | 'isCurrent' | 'whenCurrent' | 'close'> {
  /**
   * Commits a batch. When memory turns out to be behind the database it catches up first, and the batch is made again.
   * When its answer is lost and it is found to be committed, memory has followed by the comparison instead of `apply`.
   */
  commitBatch(make: MakeBatch): Promise<void>;
  /** As `CatchUp.replace`, between two batches; resolves when the data plane follows. */
  replace(write: (db: DatabaseClient) => Promise<void>): Promise<void>;
  readonly onCommit: CatchUp['listen'];
}

/** Writers beyond this are refused rather than piled up in memory. */
const MAX_WAITING_WRITERS = 4096;
const NOT_OURS = 'the database says that this process does not hold its lock any more';

/**
 * Runs writing transactions one after the other and keeps memory at the database's newest revision, also when an answer is
 * lost: then the database is asked what became of the transaction, by the identifier in its row of `revision`.
 */
export function createCommits({ prisma, pool, statementNames, lock, log }: CommitsOptions): Commits {
  const oneAtATime = createMutex(MAX_WAITING_WRITERS);
  const holdsLock = () => lock === null || lock.session !== null;
  const refusal = () => new LockLost(lock!.problem);
  const memory = createCatchUp({ prisma, holdsLock, shared: lock !== null, oneAtATime, log });
  const send = createSender(pool, statementNames, memory.suspect);

  async function commitMade(make: MakeBatch, isRepeated: boolean): Promise<Settled> {
    const from = await memory.known();
    const batch = make(from, lock?.session ?? null);
    if (!batch) return { followed: undefined };
    const newest = batch.positions.at(-1)!;
    try {
      await send(batch.statement);
    } catch (error) {
      if (error instanceof AnswerLost) return await memory.fateOf(newest, error.cause);
      if (!(error instanceof NotNewest)) throw error;
      lock?.verify();
      await memory.compare();
      if (isRepeated || isSame(await memory.known(), from)) throw lock ? new LockLost(NOT_OURS) : error;
      return await commitMade(make, true);
    }
    memory.follows(newest);
    batch.apply();
    const passed = Math.floor(newest.revision / 1000) * 1000;
    if (passed > from.revision) void forgetOld(passed);
    return { followed: undefined };
  }

  /** Nobody waits for it: the next thousand takes what it leaves. */
  async function forgetOld(revision: number): Promise<void> {
    await forgetRevisions(prisma, revision).catch((error: Error) =>
      log.warn({ err: error }, 'old revisions were not deleted'),
    );
  }

  /** Between two others, when memory is known to be at the newest revision. */
  async function inTurn(task: () => Promise<Settled>): Promise<void> {
    if (!holdsLock()) throw refusal();
    const { followed } = await oneAtATime(async () => {
      if (!holdsLock()) throw refusal();
      await memory.ascertain();
      return await task();
    });
    // Not above: the next may begin before the data plane has followed.
    await followed;
  }

  return {
    commitBatch: (make) => inTurn(() => commitMade(make, false)),
    replace: (write) => inTurn(() => memory.replace(write)),
    onCommit: memory.listen,
    suspect: memory.suspect,
    isCurrent: memory.isCurrent,
    whenCurrent: memory.whenCurrent,
    close: memory.close,
  };
}

const isSame = (a: Position, b: Position) => a.revision === b.revision && a.transaction === b.transaction;

/** The batch was made from something else than the newest revision, or the lock is gone: nothing was written. */
class NotNewest extends Error {
  override readonly name = 'NotNewest';
}

/** The statement was sent and its answer did not come: it may have been committed. */
class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
  constructor(override readonly cause: Error) {
    super(cause.message);
  }
}

/** Milliseconds that the answer may take. */
const ANSWER_LIMIT_MS = 15_000;

/** PostgreSQL's manual, appendix A. */
const NOT_NULL_VIOLATION = '23502';
const UNIQUE_VIOLATION = '23505';

/**
 * Sends the one statement of a batch, which is a transaction by itself: it is committed as a whole, in one round trip, or not at all. Rejects
 * with NotNewest or AnswerLost, or with what the database says, which has written nothing then.
 */
function createSender(
  pool: pg.Pool,
  nameOf: ((query: { readonly sql: string }) => string) | null,
  onConnectionError: () => void,
): (statement: Statement) => Promise<void> {
  return async ({ sql, values }) => {
    const client = await pool.connect();
    let broken: Error | undefined;
    // The query rejects as well; without a listener a connection that breaks would end the process.
    client.on('error', onConnectionError);
    try {
      const name = nameOf?.({ sql }) || undefined;
      await client.query({
        text: sql,
        values: [...values],
        name,
        query_timeout: ANSWER_LIMIT_MS,
      } as pg.QueryConfig);
    } catch (error) {
      broken = error as Error;
      if (isNotNewest(error)) throw new NotNewest();
      throw isLost(broken) ? new AnswerLost(broken) : broken;
    } finally {
      // One whose answer may still come is not lent to the next.
      client.off('error', onConnectionError);
      client.release(broken && isLost(broken) ? broken : undefined);
    }
  };
}

/** A revision without a number, or with one that another transaction has taken meanwhile. */
const isNotNewest = (error: unknown): boolean =>
  error instanceof pg.DatabaseError &&
  error.table === 'revision' &&
  (error.code === NOT_NULL_VIOLATION || error.code === UNIQUE_VIOLATION);

const LOST = new Set<unknown>(['database_unreachable', 'database_timeout']);

/** What the database says itself, such as that it is stopping, it says of what it has not done. */
const isLost = (error: Error): boolean =>
  !(error instanceof pg.DatabaseError) && LOST.has(databaseProblem(error));
