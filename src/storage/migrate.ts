import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Pool, PoolClient, QueryConfig } from 'pg';

/** The table that Prisma's own migration tool keeps, column for column, so that it accepts what is written here. */
const HISTORY = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null, checksum varchar(64) not null, finished_at timestamptz,
  migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,
  started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`;

/** Excludes a second process, and Prisma's tool, which takes the same advisory lock. */
const LOCK = 72_707_369;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

interface Applied {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/**
 * Applies what `directory` has and the database has not, in order; answers the names. Refuses, and changes nothing,
 * when an earlier migration failed, was edited since, or comes from a newer version of the program.
 */
export async function migrate(pool: Pool, directory: string): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query(patient(`select pg_advisory_lock(${LOCK})`));
    await client.query(HISTORY);
    return await applyMissing(client, directory);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    client.release();
  }
}

async function applyMissing(client: PoolClient, directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const { rows } = await client.query<Applied>(
    'select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null',
  );
  const history = new Map(rows.map((row) => [row.migration_name, row]));
  for (const row of rows) refuseHistory(row, names);
  const missing: Migration[] = [];
  for (const name of names.sort()) {
    const sql = await readFile(path.join(directory, name, 'migration.sql'), 'utf8');
    const checksum = createHash('sha256').update(sql).digest('hex');
    const before = history.get(name);
    if (before && before.checksum !== checksum)
      throw new Error(`migration ${name} was edited after it was applied`);
    if (!before) missing.push({ name, sql, checksum });
  }
  for (const migration of missing) await applyOne(client, migration);
  return missing.map(({ name }) => name);
}

function refuseHistory(row: Applied, names: readonly string[]): void {
  if (!names.includes(row.migration_name)) {
    throw new Error(
      `the database has migration ${row.migration_name}, which this version does not know: it was used by a newer Offramp`,
    );
  }
  if (!row.finished_at) {
    throw new Error(
      `migration ${row.migration_name} failed earlier; see its row in _prisma_migrations, mend the database and set rolled_back_at`,
    );
  }
}

/** The statements run in one implicit transaction; only the note that it was tried survives a failure. */
async function applyOne(client: PoolClient, { name, sql, checksum }: Migration): Promise<void> {
  const id = randomUUID();
  await client.query('insert into _prisma_migrations (id, checksum, migration_name) values ($1, $2, $3)', [
    id,
    checksum,
    name,
  ]);
  try {
    await client.query(patient(sql));
  } catch (error) {
    await client.query('update _prisma_migrations set logs = $2 where id = $1', [id, String(error)]);
    throw new Error(`migration ${name} failed: ${String(error)}`, { cause: error });
  }
  await client.query(
    'update _prisma_migrations set finished_at = now(), applied_steps_count = 1 where id = $1',
    [id],
  );
}

/** A migration of much data, or a wait for another process that runs one, may take longer than any other query. */
function patient(text: string): QueryConfig & { query_timeout: number } {
  return { text, query_timeout: 3_600_000 };
}
