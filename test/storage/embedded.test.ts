import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

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

test('a database that was killed while it was made is made again', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-embedded-'));
  const dataDir = path.join(directory, 'database');
  await mkdir(dataDir);
  await writeFile(path.join(dataDir, 'PG_VERSION'), 'half');
  const first = await openDatabase({ url: null, dataDir });
  await first.read.account.create({ data: account });
  await first.close();
  expect(existsSync(`${dataDir}.complete`)).toBe(true);
  const second = await openDatabase({ url: null, dataDir });
  expect(await second.read.account.count()).toBe(1);
  await second.close();

  await rm(`${dataDir}.complete`);
  const third = await openDatabase({ url: null, dataDir });
  expect(await third.read.account.count()).toBe(0);
  await third.close();
  expect(await readdir(directory)).toEqual(['database', 'database.complete']);
  await rm(directory, { recursive: true });
});

const account = {
  id: '0123456789abcdef0123456789abcdef',
  name: 'kept',
  type: 'standard',
  settings: {},
  createdOn: new Date(),
};
