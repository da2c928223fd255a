import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

// The compiled program: the database's thread is started from a file of its own.
const { openDatabase } = await import('../../dist/storage/database.js');
const { startPglite } = await import('../../dist/storage/pglite-link.js');

test('after a query that the database refuses, every answer still belongs to its own question', async () => {
  const db = await openDatabase({ url: null, dataDir: null });
  const one = (n: number) => db.read.$queryRaw`select ${n}::int as n`;
  for (let round = 0; round < 3; round++) {
    const refused = db.read.account.findMany({ where: { name: 'a\0b' } });
    const [first, ...others] = await Promise.allSettled([refused, ...[1, 2, 3, 4].map(one)]);
    expect(first?.status).toBe('rejected');
    expect(others).toEqual([1, 2, 3, 4].map((n) => ({ status: 'fulfilled', value: [{ n }] })));
  }
  await db.close();
});

test('a connection that ends inside a transaction leaves nothing to the next', async () => {
  const { default: pg } = await import('pg');
  const link = await startPglite('memory://');
  const connect = async () => {
    const options = { stream: () => link.connect(), user: 'postgres', database: 'postgres' };
    const client = new pg.Client(options as object);
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const first = await connect();
  await first.query('create table kept (n int)');
  await first.query('begin');
  await first.query('insert into kept values (1)');
  await first.query("set application_name = 'first'");
  await first.end();
  const second = await connect();
  expect((await second.query('select * from kept')).rows).toEqual([]);
  expect((await second.query('show application_name')).rows).toEqual([{ application_name: '' }]);
  await second.end();
  await link.close();
});

/** The data directory's own folder, and the path of the database in it. */
async function place() {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-embedded-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return { directory, dataDir: path.join(directory, 'database') };
}

/** How many accounts it has; one more is made then. */
async function openAndCount(dataDir: string): Promise<number> {
  const db = await openDatabase({ url: null, dataDir });
  const count = await db.read.account.count();
  await db.read.account.create({ data: { ...account, id: `${count}`.padStart(32, '0') } });
  await db.close();
  return count;
}

test('a database that was killed while it was made is made again', async () => {
  const { directory, dataDir } = await place();
  await mkdir(`${dataDir}.unfinished`);
  await writeFile(path.join(`${dataDir}.unfinished`, 'PG_VERSION'), 'half');
  expect(await openAndCount(dataDir)).toBe(0);
  expect(await openAndCount(dataDir)).toBe(1);
  expect(await readdir(directory)).toEqual(['database', 'database.complete']);
});

test('a database that was killed when it was whole, before it got its name, is taken', async () => {
  const { directory, dataDir } = await place();
  expect(await openAndCount(dataDir)).toBe(0);
  await rename(dataDir, `${dataDir}.unfinished`);
  expect(await openAndCount(dataDir)).toBe(1);
  expect(await readdir(directory)).toEqual(['database', 'database.complete']);
});

test('a database whose mark was lost is opened, and marked again', async () => {
  const { directory, dataDir } = await place();
  expect(await openAndCount(dataDir)).toBe(0);
  await rm(`${dataDir}.complete`);
  expect(await openAndCount(dataDir)).toBe(1);
  expect(await readdir(directory)).toEqual(['database', 'database.complete']);
});

test('an empty directory in its place is no hindrance; an emptied one is told', async () => {
  const { dataDir } = await place();
  await mkdir(dataDir);
  expect(await openAndCount(dataDir)).toBe(0);
  await rm(dataDir, { recursive: true });
  await mkdir(dataDir);
  await expect(openDatabase({ url: null, dataDir })).rejects.toThrow(/cannot be opened .*no PG_VERSION/);
  expect(await readdir(dataDir)).toEqual([]);
});

test.each<[string, (dataDir: string) => Promise<unknown>]>([
  ['of files', (dataDir) => writeFile(path.join(dataDir, 'schema.sql'), 'create table mine ()')],
  [
    'that an earlier version has left in the middle of its first start',
    (dataDir) => writeFile(path.join(dataDir, 'PG_VERSION'), '17'),
  ],
  [
    'with a database of another program',
    async (dataDir) => {
      const { PGlite } = await import('@electric-sql/pglite');
      const other = await PGlite.create(dataDir);
      await other.exec('create table mine ()');
      await other.close();
    },
  ],
])('a directory %s is refused with what to do, and left as it is', async (_what, fill) => {
  const { directory, dataDir } = await place();
  await mkdir(dataDir);
  await fill(dataDir);
  const before = await readdir(dataDir);
  const failure = await openDatabase({ url: null, dataDir }).catch((error: Error) => error);
  expect(failure).toMatchObject({ name: 'StartFailure' });
  expect(String(failure)).toMatch(
    /database is no database that this Offramp can open \(.+\), and is left as it is/,
  );
  expect(String(failure)).toContain(`move it away: mv ${dataDir} ${dataDir}.old`);
  expect(await readdir(directory)).toEqual(['database']);
  expect(await readdir(dataDir)).toEqual(expect.arrayContaining(before));
});

const account = {
  name: 'kept',
  type: 'standard',
  settings: {},
  createdOn: new Date(),
};
