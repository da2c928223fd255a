import { databaseProblem, databaseWords } from './database-problem.js';
import type { Prisma } from './generated/client.js';

/** Everything that the database holds, but for its history of revisions: of each table its rows, under the names of the database. */
export interface Contents {
  /** The newest migration: what the tables look like. */
  readonly schema: string;
  readonly tables: Readonly<Record<string, readonly object[]>>;
}

/** The contents cannot be put into this database. `detail` is for whoever has them. */
export class ContentsRefused extends Error {
  override readonly name = 'ContentsRefused';
}

type Db = Prisma.TransactionClient;

/** Characters of JSON: the database gives them in one piece. */
const MAX_CONTENTS = 128 * 1024 * 1024;

/** Of these tables as they are at one moment, rows in the order of their keys. Throws ContentsRefused when they are too big. */
export async function readContents(db: Db, tables: readonly string[]): Promise<Contents> {
  const parts = tables.map(
    (table) =>
      `'${table}', (select coalesce(json_agg(t), '[]') from (select * from "${table}" order by 1, 2) t)`,
  );
  const [row] = await db.$queryRawUnsafe<[{ contents: string }]>(
    `select json_build_object('schema', (${NEWEST_MIGRATION}), 'tables', json_build_object(${parts.join(', ')}))::text as contents`,
  );
  if (row.contents.length > MAX_CONTENTS)
    throw new ContentsRefused(
      `the database has ${row.contents.length} characters of objects, and a snapshot has at most ${MAX_CONTENTS}; use pg_dump`,
    );
  return JSON.parse(row.contents) as Contents;
}

const NEWEST_MIGRATION =
  'select max(migration_name) from _prisma_migrations where finished_at is not null and rolled_back_at is null';

/**
 * Puts `contents` in the place of all rows of these tables; to be called in a transaction. Throws ContentsRefused when they are of another
 * schema, or what the database says of a row that does not fit.
 */
export async function replaceContents(db: Db, tables: readonly string[], contents: Contents): Promise<void> {
  const [{ newest }] = await db.$queryRawUnsafe<[{ newest: string }]>(
    `select (${NEWEST_MIGRATION}) as newest`,
  );
  if (contents.schema !== newest) throw new ContentsRefused(otherSchema(contents.schema, newest));
  const unknown = Object.keys(contents.tables).filter((table) => !tables.includes(table));
  const missing = tables.filter((table) => !(table in contents.tables));
  if (unknown.length > 0) throw new ContentsRefused(`it has a table "${unknown[0]}", which there is not`);
  if (missing.length > 0) throw new ContentsRefused(`it lacks the table "${missing[0]}"`);
  // One statement each: the keys that lead from one table to another are looked at when it ends, so their order does not matter.
  await db.$executeRawUnsafe(inOneStatement(tables.map((table) => `delete from "${table}"`)));
  const rows = tables.map((table) => JSON.stringify(contents.tables[table]));
  const inserts = tables.map(
    (table, index) =>
      `insert into "${table}" select * from jsonb_populate_recordset(null::"${table}", $${index + 1}::jsonb)`,
  );
  await db.$executeRawUnsafe(inOneStatement(inserts), ...rows).catch((error: Error) => {
    throw databaseProblem(error) === null
      ? new ContentsRefused(`a row does not fit: ${databaseWords(error)}`)
      : error;
  });
  for (const [table, column] of NUMBERED)
    await db.$executeRawUnsafe(
      `select setval(pg_get_serial_sequence('${table}', '${column}'), coalesce(max("${column}"), 0) + 1, false) from "${table}"`,
    );
}

/** What the database numbers by itself. */
const NUMBERED = [['health_event', 'id']] as const;

const inOneStatement = (parts: readonly string[]) =>
  `with ${parts.map((part, index) => `s${index} as (${part})`).join(', ')} select 1`;

const otherSchema = (theirs: string, ours: string) =>
  theirs < ours
    ? `it was saved by an older version (its newest migration is ${theirs}, here it is ${ours}); restore it with that version, and let this one open the database then`
    : `it was saved by a newer version (its newest migration is ${theirs}, here it is ${ours}); use that version`;
