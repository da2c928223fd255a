import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { realTime } from '../net/clock.js';
import { CommitFailed, CommitUncertain, DatabaseAway, within } from './commit-errors.js';
import { ContentsRefused } from './contents.js';
import { databaseProblem } from './database-problem.js';
import { Prisma, type PrismaClient } from './generated/client.js';
import {
  type CommitListener,
  currentPosition,
  missingSince,
  type Position,
  takeWriteLock,
} from './revisions.js';

/** In an object, so that who awaits it does not wait for the data plane. */
export interface Settled {
  /** The data plane follows. */
  readonly followed: Promise<void> | undefined;
}

/** Whether memory is at the database's newest revision, and how it gets there when it may not be. */
export interface CatchUp {
  /** What memory shows. */
  known(): Promise<Position>;
  /** A transaction of ours was committed, and memory shows it. */
  follows(position: Position): void;
  /** Who makes memory follow, and the revision at which it has read everything. */
  listen(listener: CommitListener, from?: Position): void;
  /** Memory may be behind: compares them again and again until it succeeds, and until then before each write. */
  suspect(): void;
  /** The lock is held, and memory is known to be at the newest revision. */
  isCurrent(): boolean;
  /** Resolves when `isCurrent`; rejects when it is not after `ms`, or when `close` is called. */
  whenCurrent(ms: number): Promise<void>;
  /** Called by a writer: compares when there is a doubt. */
  ascertain(): Promise<void>;
  /** Compares now. */
  compare(): Promise<Settled>;
  /**
   * Replaces what is stored by what `write` puts, as one revision that has changed everything. What is thrown by `write`, or by the reading of what
   * it has put, changes nothing.
   */
  replace(write: (db: Prisma.TransactionClient) => Promise<void>): Promise<Settled>;
  /**
   * Asks what became of a transaction whose answer was lost with `cause`: resolves when it was committed, and memory has
   * followed; throws CommitFailed, CommitUncertain, or `cause` when that is no fault of the connection.
   */
  fateOf(position: Position, cause: Error): Promise<Settled>;
  close(): void;
}

export interface CatchUpOptions {
  readonly prisma: PrismaClient;
  readonly holdsLock: () => boolean;
  /** Transactions wait for the write lock: other processes may have the database open. */
  readonly shared: boolean;
  /** Runs one task at a time, between writers. */
  readonly oneAtATime: <T>(task: () => Promise<T>) => Promise<T>;
  readonly log: Pick<Logger, 'warn'>;
}

/** Everything may have to be read again. */
const LIMITS = { maxWait: 2_000, timeout: 60_000 };
/** Milliseconds that a writer waits for the truth. */
const TRUTH_MS = 5_000;
/** Milliseconds between two attempts to compare; doubled up to the second. */
const RETRY_MS = [50, 2_000] as const;

export function createCatchUp(options: CatchUpOptions): CatchUp {
  const { prisma, holdsLock, shared, oneAtATime, log } = options;
  let listener: CommitListener = async () => async () => undefined;
  let shown: Position | null = null;
  /** Each reason to doubt `shown` has a number; those up to `settled` have been looked into. */
  let doubts = 0;
  let settled = 0;
  let recovering = false;
  let comparison: Promise<Settled> | null = null;
  let closed = false;
  const waiters = new Set<() => void>();

  const isCurrent = () => settled === doubts && holdsLock();
  const mustRecover = () => settled !== doubts && !closed && holdsLock();

  /** One at a time; who comes while one is under way, after a writer has given up waiting for it, waits for the same one. */
  function compare(): Promise<Settled> {
    comparison ??= catchUp().finally(() => {
      comparison = null;
    });
    return comparison;
  }

  /** Brings memory to the newest revision. The write lock makes it wait for transactions whose end is not known. */
  async function catchUp(): Promise<Settled> {
    // Without the lock another process may write right after the look: its loss is a doubt that stays.
    const looked = holdsLock() ? doubts : settled;
    const { from, missing, apply } = await prisma.$transaction(async (db) => {
      if (shared) await takeWriteLock(db);
      const from = shown ?? (await currentPosition(db));
      const missing = await missingSince(db, from);
      if (!missing) return { from, missing: { newest: from, changes: [] }, apply: undefined };
      const apply = await listener(db, { revision: missing.newest.revision, changes: missing.changes });
      return { from, missing, apply };
    }, LIMITS);
    shown = missing.newest;
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
          if (mustRecover()) await within(compare(), LIMITS.timeout);
        });
      } catch (error) {
        if (delay === RETRY_MS[0])
          log.warn({ err: error }, 'memory cannot be compared with the database; trying again');
        await realTime.wait(delay);
      }
    }
  }

  /** After the comparison, which waits for the end of every transaction of ours, the row is there or never will be. */
  async function outcomeOf({ revision, transaction }: Position) {
    const { followed } = await compare();
    const rows = await prisma.revision.count({ where: { number: revision, transaction } });
    return { committed: rows > 0, followed };
  }

  async function replace(write: (db: Prisma.TransactionClient) => Promise<void>): Promise<Settled> {
    const transaction = randomUUID();
    let position: Position | null = null;
    const replaced = prisma.$transaction(async (db) => {
      if (shared) await takeWriteLock(db);
      const { revision } = await currentPosition(db);
      await write(db);
      const next = { revision: revision + 1, transaction };
      await db.revision.create({ data: { number: next.revision, changes: Prisma.JsonNull, transaction } });
      const apply = await listener(db, { revision: next.revision, changes: null }).catch((error: Error) => {
        throw databaseProblem(error) === null
          ? new ContentsRefused(`what it holds cannot be read: ${error.message}`)
          : error;
      });
      if (!holdsLock()) throw new DatabaseAway('the lock of the database was lost');
      position = next;
      return apply;
    }, LIMITS);
    try {
      const apply = await replaced;
      shown = position;
      return { followed: apply() };
    } catch (error) {
      if (position === null || databaseProblem(error) === null) throw error;
      return await fateOf(position, error as Error);
    }
  }

  async function fateOf(position: Position, cause: Error): Promise<Settled> {
    suspect();
    const deadline = realTime.monotonic() + TRUTH_MS;
    for (let delay: number = RETRY_MS[0]; realTime.monotonic() < deadline && !closed; delay *= 2) {
      const outcome = await within(outcomeOf(position), deadline - realTime.monotonic()).catch(() => null);
      if (outcome?.committed) return { followed: outcome.followed };
      if (outcome && databaseProblem(cause) === null) throw cause;
      if (outcome) throw new CommitFailed('the connection broke before the commit', { cause });
      await realTime.wait(Math.min(delay, RETRY_MS[1]), { keepsAlive: true });
    }
    throw new CommitUncertain('the answer to the statement was lost', { cause });
  }

  return {
    async known() {
      shown ??= await currentPosition(prisma);
      return shown;
    },
    follows(position) {
      shown = position;
    },
    listen(next, from) {
      listener = next;
      if (!from) return;
      shown = from;
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
    async ascertain() {
      if (settled !== doubts) await within(compare(), TRUTH_MS);
    },
    async compare() {
      suspect();
      return await within(compare(), TRUTH_MS);
    },
    replace,
    fateOf,
    close() {
      closed = true;
      for (const wake of waiters) wake();
    },
  };
}
