import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { databaseProblem } from './database-problem.js';
import type { Prisma, PrismaClient } from './generated/client.js';
import { createMutex } from './mutex.js';
import {
  type CommitListener,
  currentPosition,
  forgetRevisions,
  type LockSession,
  missingSince,
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

/** The answer to COMMIT was lost, and until the deadline the database could not be asked whether it took place. */
export class CommitUncertain extends Error {
  override readonly name = 'CommitUncertain';
}

/** The connection broke before the commit took place: nothing was changed. */
export class CommitFailed extends Error {
  override readonly name = 'CommitFailed';
}

/** Writes are refused: another process may be writing. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}

/** It took too long until the database could be used. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
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

export interface Commits {
  /**
   * Commits a batch. When memory turns out to be behind the database it catches up first, and the batch is made again.
   * When the answer to COMMIT is lost and it is found to be committed, memory has followed by the comparison instead of `apply`.
   */
  commitBatch(make: MakeBatch): Promise<void>;
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  onCommit(listener: CommitListener, from?: Position): void;
  /** Memory may be behind the database: compares them, again and again until it succeeds, and until then before each write. */
  suspect(): void;
  /** The lock is held, and memory is known to be at the database's newest revision. */
  isCurrent(): boolean;
  /** Resolves when `isCurrent`; rejects when it is not after `ms`, or when `close` is called. */
  whenCurrent(ms: number): Promise<void>;
  close(): void;
}

/** Writers beyond this are refused rather than piled up in memory. */
const MAX_WAITING_WRITERS = 4096;
const TRANSACTION_LIMITS = { maxWait: 10_000, timeout: 15_000 };
/** Everything may have to be read again. */
const COMPARISON_LIMITS = { maxWait: 2_000, timeout: 60_000 };
/** Milliseconds that a writer whose commit is uncertain waits for the truth. */
const TRUTH_MS = 5_000;
/** Milliseconds between two attempts to compare; doubled up to the second. */
const RETRY_MS = [50, 2_000] as const;

interface Prepared<T> {
  readonly value: T;
  /** Null when nothing was changed. */
  readonly change: { readonly position: Position; readonly apply: () => Promise<void> } | null;
}

/** In an object, so that who awaits it does not wait for the data plane. */
interface Settled {
  /** The data plane follows. */
  readonly followed: Promise<void> | undefined;
}

interface Written<T> extends Settled {
  readonly value: T;
}

/** The batch was made from something else than the newest revision, or the lock is gone. */
class NotNewest extends Error {}

/**
 * Runs writing transactions one after the other and keeps memory at the database's newest revision, also when an answer to COMMIT is
 * lost: then the database is asked what became of the transaction, by the identifier in its row of `revision`.
 */
export function createCommits({ prisma, lock, log }: CommitsOptions): Commits {
  const oneAtATime = createMutex(MAX_WAITING_WRITERS);
  let listener: CommitListener = async () => async () => undefined;
  /** What memory shows. */
  let known: Position | null = null;
  /** Each reason to doubt `known` has a number; those up to `settled` have been looked into. */
  let doubts = 0;
  let settled = 0;
  let recovering = false;
  let comparison: Promise<{ followed: Promise<void> | undefined }> | null = null;
  let closed = false;
  const waiters = new Set<() => void>();

  const holdsLock = () => lock === null || lock.session !== null;
  const isCurrent = () => settled === doubts && holdsLock();
  const refusal = () => new LockLost(lock!.problem);

  async function commit<T>(work: (tx: Tx) => Promise<T>): Promise<Written<T>> {
    let prepared: Prepared<T> | undefined;
    try {
      await prisma.$transaction(async (db) => {
        prepared = await prepare(db, work);
      }, TRANSACTION_LIMITS);
    } catch (error) {
      if (!prepared?.change) throw error;
      return { value: prepared.value, ...(await settle(prepared.change.position, error as Error)) };
    }
    const { value, change } = prepared!;
    if (!change) return { value, followed: undefined };
    known = change.position;
    return { value, followed: change.apply() };
  }

  async function prepare<T>(db: Client, work: (tx: Tx) => Promise<T>): Promise<Prepared<T>> {
    if (lock) await takeWriteLock(db);
    const changes: [string, string][] = [];
    const value = await work({ db, changed: (noun, id) => changes.push([noun, id]) });
    if (changes.length === 0) return { value, change: null };
    if (!holdsLock()) throw refusal();
    const session = lock?.session ?? null;
    const position = await nextRevision(db, changes, randomUUID(), session);
    if (!position) {
      lock!.verify();
      throw new LockLost('the database says that this process does not hold its lock any more');
    }
    const apply = await listener(db, { revision: position.revision, changes });
    return { value, change: { position, apply } };
  }

  async function commitMade(make: MakeBatch, isRepeated: boolean): Promise<Settled> {
    known ??= await currentPosition(prisma);
    const from = known;
    const batch = make(from, lock?.session ?? null);
    if (!batch) return { followed: undefined };
    const newest = batch.positions.at(-1)!;
    let ran = false;
    try {
      await prisma.$transaction(async (db) => {
        const numbers = await db.$queryRawUnsafe<unknown[]>(batch.statement.sql, ...batch.statement.values);
        if (numbers.length < batch.positions.length) throw new NotNewest();
        if (!holdsLock()) throw refusal();
        ran = true;
      }, TRANSACTION_LIMITS);
    } catch (error) {
      if (ran) return await settle(newest, error as Error);
      if (!isNotNewest(error)) throw error;
      lock?.verify();
      suspect();
      await within(compare(), TRUTH_MS);
      if (isRepeated || isSame(known, from))
        throw new LockLost('the database says that this process does not hold its lock any more');
      return await commitMade(make, true);
    }
    known = newest;
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

  /** Asks the database what became of a transaction whose COMMIT failed, until it is known or the deadline has passed. */
  async function settle(position: Position, cause: Error): Promise<Settled> {
    suspect();
    const deadline = performance.now() + TRUTH_MS;
    for (let delay: number = RETRY_MS[0]; performance.now() < deadline && !closed; delay *= 2) {
      const outcome = await within(outcomeOf(position), deadline - performance.now()).catch(() => null);
      if (outcome?.committed) return { followed: outcome.followed };
      if (outcome && databaseProblem(cause) === null) throw cause;
      if (outcome) throw new CommitFailed('the connection broke before the commit', { cause });
      await sleep(Math.min(delay, RETRY_MS[1]));
    }
    throw new CommitUncertain('the answer to COMMIT was lost', { cause });
  }

  /** After the comparison, which waits for the end of every transaction of ours, the row is there or never will be. */
  async function outcomeOf({ revision, transaction }: Position) {
    const { followed } = await compare();
    const rows = await prisma.revision.count({ where: { number: revision, transaction } });
    return { committed: rows > 0, followed };
  }

  /** One at a time; who comes while one is under way, after a writer has given up waiting for it, waits for the same one. */
  function compare(): Promise<{ followed: Promise<void> | undefined }> {
    comparison ??= catchUp().finally(() => {
      comparison = null;
    });
    return comparison;
  }

  /** Brings memory to the database's newest revision. The write lock makes it wait for transactions whose end is not known. */
  async function catchUp(): Promise<{ followed: Promise<void> | undefined }> {
    // Without the lock another process may write right after the look: its loss is a doubt that stays.
    const looked = holdsLock() ? doubts : settled;
    const change = await prisma.$transaction(async (db) => {
      if (lock) await takeWriteLock(db);
      const from = known ?? (await currentPosition(db));
      const missing = await missingSince(db, from);
      if (!missing) return { from, missing: { newest: from, changes: [] }, apply: undefined };
      const apply = await listener(db, { revision: missing.newest.revision, changes: missing.changes });
      return { from, missing, apply };
    }, COMPARISON_LIMITS);
    const { from, missing, apply } = change;
    known = missing.newest;
    if (apply) {
      const what = { from: from.revision, to: missing.newest.revision, reloaded: missing.changes === null };
      log.warn(what, 'memory differed from the database and was brought up to date');
    }
    const followed = apply?.();
    settled = Math.max(settled, looked);
    if (isCurrent()) {
      for (const resolve of waiters) resolve();
    }
    return { followed };
  }

  const mustRecover = () => settled !== doubts && !closed && holdsLock();

  function suspect(): void {
    doubts += 1;
    if (recovering) return;
    recovering = true;
    void recover().finally(() => {
      recovering = false;
      // What came up after the last look.
      if (mustRecover()) suspect();
    });
  }

  /** Ends when the lock is lost: when it is held again, `suspect` is called. */
  async function recover(): Promise<void> {
    for (let delay: number = RETRY_MS[0]; mustRecover(); delay = Math.min(delay * 2, RETRY_MS[1])) {
      try {
        await oneAtATime(async () => {
          if (mustRecover()) await within(compare(), COMPARISON_LIMITS.timeout);
        });
      } catch (error) {
        if (delay === RETRY_MS[0])
          log.warn({ err: error }, 'memory cannot be compared with the database; trying again');
        await sleep(delay, undefined, { ref: false });
      }
    }
  }

  return {
    async commitBatch(make) {
      if (!holdsLock()) throw refusal();
      const { followed } = await oneAtATime(async () => {
        if (!holdsLock()) throw refusal();
        if (settled !== doubts) await within(compare(), TRUTH_MS);
        return await commitMade(make, false);
      });
      await followed;
    },
    async transact(work) {
      if (!holdsLock()) throw refusal();
      const { value, followed } = await oneAtATime(async () => {
        if (!holdsLock()) throw refusal();
        if (settled !== doubts) await within(compare(), TRUTH_MS);
        return await commit(work);
      });
      await followed;
      return value;
    },
    onCommit(next, from) {
      listener = next;
      if (!from) return;
      known = from;
      // What was committed since `from` was read went to nobody.
      suspect();
    },
    suspect,
    isCurrent,
    async whenCurrent(ms) {
      if (isCurrent()) return;
      let wake = () => {};
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      waiters.add(wake);
      if (closed) wake();
      await within(woken, ms).finally(() => waiters.delete(wake));
      if (!isCurrent()) throw new DatabaseAway('the database is not available');
    },
    close() {
      closed = true;
      for (const wake of waiters) wake();
    },
  };
}

const isSame = (a: Position | null, b: Position) =>
  a?.revision === b.revision && a.transaction === b.transaction;

/** Also when another transaction has taken the number meanwhile. */
const isNotNewest = (error: unknown) =>
  error instanceof NotNewest ||
  JSON.stringify([String(error), (error as PrismaError).meta]).includes('revision_pkey');

interface PrismaError {
  readonly meta?: unknown;
}

/** Rejects with a timeout of the database after `ms`; the promise goes on. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DatabaseAway('the database did not answer in time')), ms);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined);
  }
}
