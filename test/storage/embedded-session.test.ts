import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/storage/database.js';

// The compiled one: the database's thread starts from a file of its own, which Node has to understand.
const COMPILED = new URL('../../dist/storage/database.js', import.meta.url).href;

let db: Database;
beforeAll(async () => {
  const { openDatabase } = (await import(COMPILED)) as typeof import('../../src/storage/database.js');
  db = await openDatabase({ url: null, dataDir: null });
});
afterAll(() => db?.close());

const answer = async () => (await db.read.$queryRaw<{ n: number }[]>`select 1 + ${41}::int as n`)[0]!.n;

test('a statement runs again after a mistake in another one', async () => {
  expect(await answer()).toBe(42);
  for (let i = 0; i < 3; i++) {
    await expect(db.read.$queryRaw`select nonsense from nowhere`).rejects.toThrow(/nowhere/);
    expect(await answer()).toBe(42);
  }
});

test('a statement runs again after a transaction that failed', async () => {
  expect(await answer()).toBe(42);
  await expect(
    db.read.$transaction(async (tx) => {
      await tx.$queryRaw`select 1 + ${41}::int as n`;
      await tx.$queryRaw`select 1 / ${0}::int as n`;
    }),
  ).rejects.toThrow(/division by zero/);
  expect(await answer()).toBe(42);
});

test('more different statements than get a name of their own all run', async () => {
  for (let i = 0; i < 300; i++) {
    const [row] = await db.read.$queryRawUnsafe<{ n: number }[]>(`select ${i} as n`);
    expect(row!.n).toBe(i);
  }
  expect(await answer()).toBe(42);
});

test('a query whose text and parameters are long arrives whole', async () => {
  const long = 'x'.repeat(300_000);
  const [row] = await db.read.$queryRaw<{ n: number }[]>`select length(${long}) as n`;
  expect(row!.n).toBe(300_000);
});
