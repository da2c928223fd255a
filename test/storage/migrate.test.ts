import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../src/storage/migrate.js';
import { createScratchDatabase } from '../support/scratch-database.js';

interface Opened {
  readonly pool: pg.Pool;
  /** An empty database again. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

const CLEAR = 'drop schema public cascade; create schema public';

async function openEmbedded(): Promise<Opened> {
  const database = await PGlite.create();
  const pool = new pg.Pool(createPgConfig(database));
  return {
    pool,
    clear: async () => void (await pool.query(CLEAR)),
    async close() {
      await pool.end();
      await database.close();
    },
  };
}

async function openServer(server: string): Promise<Opened> {
  const pool = new pg.Pool({ connectionString: await createScratchDatabase(server) });
  return { pool, clear: async () => void (await pool.query(CLEAR)), close: () => pool.end() };
}

const server = process.env.TEST_DATABASE_URL;
const DATABASES: [string, () => Promise<Opened>][] = [
  ['the embedded database', openEmbedded],
  ...(server ? [['PostgreSQL', () => openServer(server)] as [string, () => Promise<Opened>]] : []),
];

const ONE = 'create table one (n int); insert into one values (1);';
const TWO = 'alter table one add column m int;';
const BROKEN = 'create table half (n int); insert into nowhere values (1);';

describe.each(DATABASES)('on %s', (_name, open) => {
  let database: Opened;
  let directory: string;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.clear();
    directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-migrate-'));
    return () => rm(directory, { recursive: true });
  });

  async function write(name: string, sql: string): Promise<void> {
    await mkdir(path.join(directory, name), { recursive: true });
    await writeFile(path.join(directory, name, 'migration.sql'), sql);
  }
  const run = () => migrate(database.pool, directory);
  const rows = async (sql: string) => (await database.pool.query(sql)).rows;
  const tables = async () =>
    (await rows("select tablename from pg_tables where schemaname = 'public' order by 1")).map(
      ({ tablename }) => tablename,
    );

  test('what is missing is applied in order of the names, and only once', async () => {
    await write('2_two', TWO);
    await write('1_one', ONE);
    await writeFile(path.join(directory, 'migration_lock.toml'), 'provider = "postgresql"');
    expect(await run()).toEqual(['1_one', '2_two']);
    expect(await run()).toEqual([]);
    await write('3_three', 'insert into one values (3, 3);');
    expect(await run()).toEqual(['3_three']);
    expect(await rows('select n, m from one order by n')).toEqual([
      { n: 1, m: null },
      { n: 3, m: 3 },
    ]);
  });

  test("the history has what Prisma's own tool writes: the SHA-256 of the file, one step, finished", async () => {
    await write('1_one', `${ONE} -- é\r\n`);
    await run();
    const file = await readFile(path.join(directory, '1_one', 'migration.sql'));
    expect(await rows('select * from _prisma_migrations')).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        checksum: createHash('sha256').update(file).digest('hex'),
        migration_name: '1_one',
        logs: null,
        rolled_back_at: null,
        started_at: expect.any(Date),
        finished_at: expect.any(Date),
        applied_steps_count: 1,
      },
    ]);
  });

  test('one that fails changes nothing, leaves its reason, and holds up the next start until it is settled', async () => {
    await write('1_one', ONE);
    await write('2_broken', BROKEN);
    await expect(run()).rejects.toThrow(/migration 2_broken failed: .*nowhere/);
    expect(await tables()).toEqual(['_prisma_migrations', 'one']);
    expect(
      await rows("select finished_at, logs from _prisma_migrations where migration_name = '2_broken'"),
    ).toEqual([{ finished_at: null, logs: expect.stringContaining('nowhere') }]);

    await write('2_broken', TWO);
    await expect(run()).rejects.toThrow(/2_broken failed earlier.*rolled_back_at/);
    await database.pool.query(
      'update _prisma_migrations set rolled_back_at = now() where finished_at is null',
    );
    expect(await run()).toEqual(['2_broken']);
  });

  test('one that was edited is refused before anything is changed', async () => {
    await write('2_two', ONE);
    await run();
    await write('1_earlier', 'create table earlier (n int);');
    await write('2_two', `${ONE} `);
    await expect(run()).rejects.toThrow('migration 2_two was edited after it was applied');
    expect(await tables()).toEqual(['_prisma_migrations', 'one']);
  });

  test('one from a newer version is refused before anything is changed', async () => {
    await write('9_newer', ONE);
    await run();
    await rm(path.join(directory, '9_newer'), { recursive: true });
    await write('1_one', TWO);
    await expect(run()).rejects.toThrow(/9_newer, which this version does not know.*newer Offramp/);
    expect(await rows('select migration_name from _prisma_migrations')).toHaveLength(1);
  });

  test('two at once apply everything once', async () => {
    await write('1_one', ONE);
    await write('2_two', TWO);
    const applied = await Promise.all([run(), run()]);
    expect(applied.flat()).toEqual(['1_one', '2_two']);
    expect(await rows('select migration_name from _prisma_migrations')).toHaveLength(2);
    // Of this database alone: others on the server have their own writers.
    const held = `select count(*)::int as held from pg_locks join pg_database on pg_database.oid = database
      where locktype = 'advisory' and datname = current_database()`;
    expect(await rows(held)).toEqual([{ held: 0 }]);
  });
});
