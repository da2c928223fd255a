import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createIdentifiers } from '../../src/api/identifiers.js';
import { realTime } from '../../src/net/clock.js';
import { systemRandom } from '../../src/net/random.js';
import type { Database } from '../../src/storage/database.js';
import type { Definition } from '../../src/storage/tables/definition.js';
import { createTables, type Tables } from '../../src/storage/tables/tables.js';
import { createWriter, type Write } from '../../src/storage/writer.js';

interface Thing {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly parts: readonly string[];
  readonly createdAt: Date;
}

const things: Definition<Thing, 'name'> = {
  noun: 'thing',
  ownerOf: ({ owner }) => owner,
  createdAt: ({ createdAt }) => createdAt,
  indexes: { name: ({ name }) => name },
  relations: [
    {
      table: 'thing',
      columns: ['id', 'owner', 'name', 'created_at'],
      key: ['id'],
      rowsOf: ({ id, owner, name, createdAt }) => [{ id, owner, name, created_at: createdAt }],
    },
    {
      table: 'part',
      columns: ['thing_id', 'position', 'name'],
      key: ['thing_id', 'position'],
      rowsOf: ({ id, parts }) => parts.map((name, position) => ({ thing_id: id, position, name })),
    },
  ],
  load: async (db, ids) => {
    const rows = await db.$queryRaw<(Omit<Thing, 'parts'> & { parts: string[] | null })[]>`
      select t.id, owner, t.name, created_at as "createdAt",
        (select json_agg(p.name order by position) from part p where thing_id = t.id) as parts
      from thing t where ${ids === null} or t.id = any(${[...(ids ?? [])]})`;
    return rows.map((row) => ({ ...row, parts: row.parts ?? [] }));
  },
};
const DEFINITIONS = { things };

let db: Database;
let tables: Tables<typeof DEFINITIONS>;
let write: Write<typeof DEFINITIONS>;
const revisions: { revision: number; ids: string[][] }[] = [];

beforeAll(async () => {
  // The compiled module: the embedded database starts a thread from its compiled file.
  const { openDatabase } = await import(path.resolve(import.meta.dirname, '../../dist/storage/database.js'));
  db = await openDatabase({ url: null, dataDir: null });
  await db.read
    .$executeRaw`create table thing (id text primary key, owner text, name text unique check (name <> 'bad'), created_at timestamptz(6))`;
  await db.read
    .$executeRaw`create table part (thing_id text references thing on delete cascade, position int, name text, primary key (thing_id, position))`;
});
afterAll(() => db.close());

beforeEach(async () => {
  await db.read.$executeRaw`delete from thing`;
  tables = createTables(DEFINITIONS);
  revisions.length = 0;
  write = createWriter({
    clock: realTime,
    ids: createIdentifiers(systemRandom),
    tables,
    commits: db,
    committed: async ({ revision, writes }) => {
      const ids = writes.map((changed) => [...changed.get('things')!.keys()]);
      revisions.push({ revision, ids });
    },
  });
});

const thing = (id: string, more: Partial<Thing> = {}): Thing => ({
  id,
  owner: 'o',
  name: id,
  parts: [],
  createdAt: new Date(Date.UTC(2026, 0, 1)),
  ...more,
});

const stored = async () => [...(await things.load(db.read, null))].sort((a, b) => (a.id < b.id ? -1 : 1));
const inMemory = () => [...tables.world.things.of('o')];

test('writes that wait together share a transaction, and each has its own answer, error and revision', async () => {
  const before = await db.read.revision.count();
  const results = await Promise.allSettled([
    write((draft) => draft.things.put(thing('a'))),
    write((draft) => {
      draft.things.put(thing('never'));
      throw new Error('a rule is broken');
    }),
    write((draft) => {
      draft.things.put(thing('b'));
      return draft.things.of('o').map(({ id }) => id);
    }),
    write((draft) => draft.things.by('name', 'b').length),
  ]);
  expect(results).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { message: 'a rule is broken' } },
    { status: 'fulfilled', value: ['a', 'b'] },
    { status: 'fulfilled', value: 1 },
  ]);
  expect(await stored()).toEqual([thing('a'), thing('b')]);
  expect(inMemory()).toEqual([thing('a'), thing('b')]);
  const rows = await db.read.revision.findMany({ orderBy: { number: 'asc' }, skip: before });
  expect(rows.map(({ changes }) => changes)).toEqual([[['thing', 'a']], [['thing', 'b']]]);
  expect(new Set(rows.map(({ transaction }) => transaction)).size).toBe(1);
  expect(revisions).toEqual([{ revision: Number(rows[1]!.number), ids: [['a'], ['b']] }]);
});

test('what the database refuses takes nobody along', async () => {
  const results = await Promise.allSettled(
    ['a', 'bad', 'c'].map((name) => write((draft) => draft.things.put(thing(name)))),
  );
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await stored()).map(({ id }) => id)).toEqual(['a', 'c']);
  expect(inMemory().map(({ id }) => id)).toEqual(['a', 'c']);
});

test('a write that follows another in its batch may take what that one gives up', async () => {
  await write((draft) => draft.things.put(thing('a', { name: 'taken' })));
  await Promise.all([
    write((draft) => draft.things.put(thing('a', { name: 'other' }))),
    write((draft) => draft.things.put(thing('b', { name: 'taken' }))),
  ]);
  await Promise.all([
    write((draft) => draft.things.remove('b')),
    write((draft) => draft.things.put(thing('c', { name: 'taken' }))),
  ]);
  expect((await stored()).map(({ id, name }) => [id, name])).toEqual([
    ['a', 'other'],
    ['c', 'taken'],
  ]);
});

test('only rows that differ are written, and parts that are gone are deleted', async () => {
  await write((draft) => draft.things.put(thing('a', { parts: ['x', 'y', 'z'] })));
  const writers = () => db.read.$queryRaw`select position, xmin::text from part order by position`;
  const first = (await writers()) as object[];
  await write((draft) => draft.things.put(thing('a', { name: 'renamed', parts: ['x', 'other'] })));
  const second = (await writers()) as object[];
  expect(second[0]).toEqual(first[0]);
  expect(second[1]).not.toEqual(first[1]);
  expect(await stored()).toEqual([thing('a', { name: 'renamed', parts: ['x', 'other'] })]);
});

test('a write that changes nothing numbers no revision', async () => {
  const before = await db.read.revision.count();
  expect(await write(() => 'nothing')).toBe('nothing');
  expect(await db.read.revision.count()).toBe(before);
});

test('a change that another process has made is seen before a rule decides', async () => {
  await write((draft) => draft.things.put(thing('a')));
  const [{ number }] = (await db.read.$queryRaw`select max(number) as number from revision`) as [
    { number: bigint },
  ];
  await db.read.$executeRaw`insert into thing values ('elsewhere', 'o', 'elsewhere', '2026-01-01Z')`;
  await db.read
    .$executeRaw`insert into revision (number, changes) values (${number + 1n}, '[["thing", "elsewhere"]]')`;
  db.onCommit(async (client, { changes }) => {
    const changed = await tables.load(client, changes);
    return async () => tables.apply(changed);
  });
  const seen = await write((draft) => {
    draft.things.put(thing('b'));
    return draft.things.of('o').map(({ id }) => id);
  });
  expect(seen).toEqual(['a', 'b', 'elsewhere']);
  expect((await stored()).map(({ id }) => id)).toEqual(['a', 'b', 'elsewhere']);
});
