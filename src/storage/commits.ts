import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from 'pino';
import { AnswerLost, createBatchSender, NotNewest } from './batch-sender.js';
import { type CatchUp, createCatchUp, type Settled } from './catch-up.js';
import { LockLost } from './commit-errors.js';
import type { Prisma, PrismaClient } from './generated/client.js';
import { createMutex } from './mutex.js';
import {
  forgetRevisions,
  type LockSession,
  nextRevision,
  type Position,
  takeWriteLock,
} from './revisions.js';
import type { Statement } from './tables/statement.js';

/** What reads take: the client of a transaction, or the one outside of any. */
export type Client = Prisma.TransactionClient;

/** What a transaction's work gets: the client of that transaction, and where it names what it changed. */
export interface Tx {
  readonly db: Client;
  /** Every object whose new state the data plane must see. Naming nothing means nothing was changed. */
  changed(noun: string, id: string): void;
}

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
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  readonly onCommit: CatchUp['listen'];
}

/** Writers beyond this are refused rather than piled up in memory. */
const MAX_WAITING_WRITERS = 4096;
const TRANSACTION_LIMITS = { maxWait: 10_000, timeout: 15_000 };
const NOT_OURS = 'the database says that this process does not hold its lock any more';

interface Prepared<T> {
  readonly value: T;
  /** Null when nothing was changed. */
  readonly change: { readonly position: Position; readonly apply: () => Promise<void> } | null;
}

/**
 * Runs writing transactions one after the other and keeps memory at the database's newest revision, also when an answer is
 * lost: then the database is asked what became of the transaction, by the identifier in its row of `revision`.
 */
export function createCommits({ prisma, pool, statementNames, lock, log }: CommitsOptions): Commits {
  const oneAtATime = createMutex(MAX_WAITING_WRITERS);
  const holdsLock = () => lock === null || lock.session !== null;
  const refusal = () => new LockLost(lock!.problem);
  const memory = createCatchUp({ prisma, holdsLock, shared: lock !== null, oneAtATime, log });
  const send = createBatchSender(pool, statementNames, memory.suspect);

  /** Runs a write when memory is known to be at the newest revision, and waits for the data plane after the next may begin. */
  async function inTurn<T extends Settled>(write: () => Promise<T>): Promise<T> {
    if (!holdsLock()) throw refusal();
    const written = await oneAtATime(async () => {
      if (!holdsLock()) throw refusal();
      await memory.ascertain();
      return await write();
    });
    await written.followed;
    return written;
  }

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
      if (isRepeated || isSame(await memory.known(), from)) throw new LockLost(NOT_OURS);
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

  async function commit<T>(work: (tx: Tx) => Promise<T>): Promise<Settled & { readonly value: T }> {
    let prepared: Prepared<T> | undefined;
    try {
      await prisma.$transaction(async (db) => {
        prepared = await prepare(db, work);
      }, TRANSACTION_LIMITS);
    } catch (error) {
      if (!prepared?.change) throw error;
      const settled = await memory.fateOf(prepared.change.position, error as Error);
      return { value: prepared.value, ...settled };
    }
    const { value, change } = prepared!;
    if (!change) return { value, followed: undefined };
    memory.follows(change.position);
    return { value, followed: change.apply() };
  }

  async function prepare<T>(db: Client, work: (tx: Tx) => Promise<T>): Promise<Prepared<T>> {
    if (lock) await takeWriteLock(db);
    const changes: [string, string][] = [];
    const value = await work({ db, changed: (noun, id) => changes.push([noun, id]) });
    if (changes.length === 0) return { value, change: null };
    if (!holdsLock()) throw refusal();
    const position = await nextRevision(db, changes, randomUUID(), lock?.session ?? null);
    if (!position) {
      lock!.verify();
      throw new LockLost(NOT_OURS);
    }
    const apply = await memory.listener(db, { revision: position.revision, changes });
    return { value, change: { position, apply } };
  }

  return {
    async commitBatch(make) {
      await inTurn(() => commitMade(make, false));
    },
    async transact(work) {
      return (await inTurn(() => commit(work))).value;
    },
    onCommit: memory.listen,
    suspect: memory.suspect,
    isCurrent: memory.isCurrent,
    whenCurrent: memory.whenCurrent,
    close: memory.close,
  };
}

const isSame = (a: Position, b: Position) => a.revision === b.revision && a.transaction === b.transaction;
