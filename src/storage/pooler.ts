import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { StartFailure } from '../config/start-failure.js';

/** What is connected to is no session of the database, but a pooler that gives one to each transaction. */
export class SharedSession extends StartFailure {
  override readonly name: string = 'SharedSession';
  constructor(options?: ErrorOptions) {
    super(
      'the database is behind a connection pooler in transaction mode (PgBouncer pool_mode = transaction or the like), where a lock cannot be held: point --database-url (DATABASE_URL) at PostgreSQL itself, or at a pool with pool_mode = session',
      options,
    );
  }
}

/** A pooler that takes turns among its sessions shows it to one of so many. */
const OTHERS = 3;
/** Milliseconds. */
const TIMEOUT = 5_000;
const MARK = 'offramp.session';

/**
 * Throws SharedSession when another connection gets the session of `client`. A mark is left in that session, and others look for it while
 * `client` is idle, each within a transaction that it keeps open, so that each has a session of its own.
 */
export async function refuseSharedSession(client: pg.Client, url: string): Promise<void> {
  const mark = randomUUID();
  await client.query('select set_config($1, $2, false)', [MARK, mark]);
  const others: pg.Client[] = [];
  try {
    while (others.length < OTHERS) {
      const other = new pg.Client({
        connectionString: url,
        connectionTimeoutMillis: TIMEOUT,
        query_timeout: TIMEOUT,
      });
      other.on('error', () => undefined);
      others.push(other);
      await other.connect();
      await other.query('begin');
      const { rows } = await other.query('select current_setting($1, true) as mark', [MARK]);
      if (rows[0].mark === mark) throw new SharedSession();
    }
  } catch (error) {
    // PgBouncer in statement mode refuses "begin".
    if (/statement pooling/.test((error as Error).message)) throw new SharedSession({ cause: error });
    throw error;
  } finally {
    await Promise.all(others.map((other) => other.end().catch(() => undefined)));
  }
}
