import pg from 'pg';
import { databaseProblem } from './database-problem.js';
import type { Statement } from './tables/statement.js';

/** The batch was made from something else than the newest revision, or the lock is gone: nothing was written. */
export class NotNewest extends Error {
  override readonly name = 'NotNewest';
}

/** The statement was sent and its answer did not come: it may have been committed. */
export class AnswerLost extends Error {
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
export function createBatchSender(
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
