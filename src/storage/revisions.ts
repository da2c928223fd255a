import type { Prisma } from './generated/client.js';

export interface Commit {
  readonly revision: number;
  readonly changes: readonly (readonly [noun: string, id: string])[];
}

/**
 * Called at the end of each writing transaction, inside it, so that it reads exactly the state of the revision. What it
 * returns runs after the commit, and the writer's answer waits for that.
 */
export type CommitListener = (db: Prisma.TransactionClient, commit: Commit) => Promise<() => Promise<void>>;

/** How many revisions a data plane may be behind and still catch up step by step. */
const KEPT_REVISIONS = 10_000;
const WRITE_LOCK = 6_077_267;

/** Held to the end of the transaction: writers of all nodes follow one another, so rules see what is really stored. */
export async function takeWriteLock(db: Prisma.TransactionClient): Promise<void> {
  await db.$executeRaw`select pg_advisory_xact_lock(${WRITE_LOCK})`;
}

/** Numbers this transaction. There are no gaps: the lock is held and a rollback takes its row along. */
export async function nextRevision(
  db: Prisma.TransactionClient,
  changes: readonly (readonly [string, string])[],
): Promise<Commit> {
  const [row] = await db.$queryRaw<{ number: bigint }[]>`
    insert into revision (number, changes)
    select coalesce(max(number), 0) + 1, ${JSON.stringify(changes)}::jsonb from revision
    returning number`;
  const revision = Number(row!.number);
  if (revision % 1000 === 0) {
    await db.$executeRaw`delete from revision where number <= ${revision - KEPT_REVISIONS}`;
  }
  return { revision, changes };
}

/** The newest committed revision; 0 before the first. */
export async function currentRevision(db: Prisma.TransactionClient): Promise<number> {
  const { _max } = await db.revision.aggregate({ _max: { number: true } });
  return Number(_max.number ?? 0);
}
