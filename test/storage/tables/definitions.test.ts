import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFINITIONS } from '../../../src/resources/definitions.js';
import type { Database } from '../../../src/storage/database.js';
import type { AnyDefinition } from '../../../src/storage/tables/definition.js';

let db: Database;
beforeAll(async () => {
  const { openDatabase } = await import(
    path.resolve(import.meta.dirname, '../../../dist/storage/database.js')
  );
  db = await openDatabase({ url: null, dataDir: null });
});
afterAll(() => db.close());

const relations = Object.values<AnyDefinition>(DEFINITIONS).flatMap(({ relations }) => relations);

test.each(relations)('every column of $table is written', async ({ table, columns, untouched = [] }) => {
  const rows = await db.read.$queryRaw<{ name: string }[]>`
    select column_name as name from information_schema.columns where table_name = ${table}`;
  expect([...columns, ...untouched].sort()).toEqual(rows.map(({ name }) => name).sort());
});

test.each(relations)('rows of $table are told apart by its primary key', async ({ table, key }) => {
  const rows = await db.read.$queryRaw<{ name: string }[]>`
    select a.attname as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = ${table}::regclass and i.indisprimary`;
  expect([...key].sort()).toEqual(rows.map(({ name }) => name).sort());
});
