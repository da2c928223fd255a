import type { Prisma } from './generated/client.js';

export type Changes = readonly (readonly [noun: string, id: string])[];

export interface Commit {
  readonly revision: number;
  /** What has changed; null when that is not known, and everything has to be read again. */
  readonly changes: Changes | null;
}

/** A state of the database: the number of its newest revision, and the transaction that wrote it. */
export interface Position {
  /** 0 before the first. */
  readonly revision: number;
  /** Null before the first, and for revisions of older versions. */
  readonly transaction: string | null;
}

/**
 * Called when memory is found to be behind the database, inside the transaction that has found it, so that it reads exactly the state
 * of the revision. What it returns is called when that has ended: it must update memory before it returns, and its promise is awaited.
 */
export type CommitListener = (db: Prisma.TransactionClient, commit: Commit) => Promise<() => Promise<void>>;

/** How many revisions a data plane may be behind and still catch up step by step. */
const KEPT_REVISIONS = 10_000;
/** More missing revisions than this are not replayed: reading everything again is faster. */
const MAX_REPLAYED = 1_000;
export const WRITE_LOCK = 6_077_267;

/** Held to the end of the transaction: whoever has it knows that no other transaction of ours is under way. */
export async function takeWriteLock(db: Prisma.TransactionClient): Promise<void> {
  await db.$executeRaw`select pg_advisory_xact_lock(${WRITE_LOCK})`;
}

/** The database session that holds the lock of this process; see `session-lock.ts`. */
export interface LockSession {
  /** The two halves of the lock's key. */
  readonly classId: number;
  readonly objectId: number;
  readonly backendPid: number;
  /** Unix seconds with microseconds: a process id alone may have been given to another session. */
  readonly backendStart: string;
}

/** Deletes those that no data plane can be behind, at `newest`. */
export async function forgetRevisions(db: Prisma.TransactionClient, newest: number): Promise<void> {
  await db.$executeRaw`delete from revision where number <= ${newest - KEPT_REVISIONS}`;
}

/** The newest committed revision. */
export async function currentPosition(db: Prisma.TransactionClient): Promise<Position> {
  const row = await db.revision.findFirst({ orderBy: { number: 'desc' } });
  return positionOf(row ?? undefined) ?? { revision: 0, transaction: null };
}

export interface Missing {
  readonly newest: Position;
  /** What the missing revisions have changed, oldest first; null when they cannot be told one by one. */
  readonly changes: Changes | null;
}

/**
 * What the database has beyond `known`; null when that is its newest revision. Where the row of `known` is gone, or was written
 * by another transaction (the database was restored, or failed over to a copy that lacked it), nothing can be replayed.
 */
export async function missingSince(db: Prisma.TransactionClient, known: Position): Promise<Missing | null> {
  const newest = await currentPosition(db);
  if (newest.revision === known.revision && newest.transaction === known.transaction) return null;
  const rows = await db.revision.findMany({
    where: { number: { gte: known.revision } },
    orderBy: { number: 'asc' },
    take: MAX_REPLAYED + 1,
  });
  const base = known.revision === 0 ? known : positionOf(rows.shift());
  const follows = base?.revision === known.revision && base.transaction === known.transaction;
  const complete = rows.length === newest.revision - known.revision;
  return {
    newest,
    changes: follows && complete ? changesOf(rows) : null,
  };
}

/** Null when one of the revisions has replaced everything. */
function changesOf(rows: readonly { readonly changes: unknown }[]): Changes | null {
  const changes = rows.map((row) => row.changes as Changes | null);
  return changes.every((one) => one !== null) ? changes.flat() : null;
}

const positionOf = (row: { number: bigint; transaction: string | null } | undefined): Position | undefined =>
  row && { revision: Number(row.number), transaction: row.transaction };
