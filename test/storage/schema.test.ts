import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/storage/migrate.js';

const PRISMA = path.resolve(import.meta.dirname, '../../prisma');
const SCHEMA = readFileSync(path.join(PRISMA, 'schema.prisma'), 'utf8');

/** Types of the schema as PostgreSQL names them, without and with a native type. */
const TYPES: Readonly<Record<string, string>> = {
  String: 'text',
  'String Char(32)': 'character(32)',
  'String Uuid': 'uuid',
  Int: 'integer',
  BigInt: 'bigint',
  Float: 'double precision',
  Boolean: 'boolean',
  Json: 'jsonb',
  Bytes: 'bytea',
  'DateTime Timestamptz(6)': 'timestamp(6) with time zone',
};

interface Model {
  readonly table: string;
  readonly columns: ReadonlyMap<string, { readonly column: string; readonly shown: string }>;
  /** Its lines, without comments. */
  readonly lines: readonly string[];
}

const MODELS: ReadonlyMap<string, Model> = new Map(
  [...SCHEMA.matchAll(/^model (\w+) \{\n([^}]*)^\}/gm)].map(([, name, body]) => {
    const lines = body!.split('\n').filter((line) => !line.trim().startsWith('//'));
    const table = /@@map\("(\w+)"\)/.exec(body!)![1]!;
    const columns = lines.flatMap((line) => {
      const [, field, type, optional, rest] = /^ +(\w+) +(\w+)(\??)((?: .*)?)$/.exec(line) ?? [];
      if (!field || !/^(String|Int|BigInt|Float|Boolean|Json|Bytes|DateTime)$/.test(type!)) return [];
      const [, column = field] = /@map\("(\w+)"\)/.exec(rest!) ?? [];
      const [, native] = /@db\.(\w+(?:\(\d+\))?)/.exec(rest!) ?? [];
      const known = TYPES[[type, native].filter(Boolean).join(' ')];
      return [
        [field, { column, shown: `${table}.${column} ${known}${optional ? '' : ' not null'}` }] as const,
      ];
    });
    return [name!, { table, columns: new Map(columns), lines }];
  }),
);

const database = await PGlite.create();
const pool = new pg.Pool(createPgConfig(database));
beforeAll(() => migrate(pool, path.join(PRISMA, 'migrations')));
afterAll(async () => {
  await pool.end();
  await database.close();
});

async function found(sql: string): Promise<string[]> {
  const { rows } = await pool.query(sql);
  return rows.map(({ shown }) => shown).sort();
}

/** `[a, b]` in a line of the schema, as columns. */
function columnsIn({ columns }: Model, list: string): string {
  return list
    .split(',')
    .map((field) => columns.get(field.trim())!.column)
    .join(',');
}

test('the migrations make the columns that the schema has, and no others', async () => {
  const described = [...MODELS.values()].flatMap(({ columns }) => [...columns.values()]);
  expect(
    await found(`
      select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || case when a.attnotnull then ' not null' else '' end as shown
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> '_prisma_migrations'
        and a.attnum > 0 and not a.attisdropped`),
  ).toEqual(described.map(({ shown }) => shown).sort());
});

test('the migrations make the references that the schema has, and no others', async () => {
  const described = [...MODELS.values()].flatMap((model) =>
    model.lines.flatMap((line) => {
      const [, type, from, to] =
        /^ +\w+ +(\w+)\?? +@relation\(fields: \[([^\]]+)\], references: \[([^\]]+)\]/.exec(line) ?? [];
      if (!type) return [];
      const target = MODELS.get(type)!;
      return [`${model.table}(${columnsIn(model, from!)}) ${target.table}(${columnsIn(target, to!)})`];
    }),
  );
  expect(
    await found(`
      select c.relname || '(' || a.attname || ') ' || t.relname || '(' || b.attname || ')' as shown
      from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_class t on t.oid = f.confrelid
        join pg_attribute a on a.attrelid = c.oid and a.attnum = f.conkey[1]
        join pg_attribute b on b.attrelid = t.oid and b.attnum = f.confkey[1]
      where f.contype = 'f'`),
  ).toEqual(described.sort());
});

test('the migrations make the indexes that the schema has, and no others', async () => {
  const described = [...MODELS.values()].flatMap((model) =>
    model.lines.flatMap((line) => {
      const [, kind, fields] = /^ +@@(id|unique|index)\(\[([^\]]+)\]/.exec(line) ?? [];
      if (kind) return [`${model.table} ${kind} ${columnsIn(model, fields!)}`];
      const [, field, single] = /^ +(\w+) .*@(id|unique)\b/.exec(line) ?? [];
      return single ? [`${model.table} ${single} ${columnsIn(model, field!)}`] : [];
    }),
  );
  expect(
    await found(`
      select c.relname || case when i.indisprimary then ' id ' when i.indisunique then ' unique ' else ' index ' end
        || (select string_agg(a.attname, ',' order by k.place) from unnest(i.indkey) with ordinality as k(num, place)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = k.num) as shown
      from pg_index i join pg_class c on c.oid = i.indrelid
      where c.relnamespace = 'public'::regnamespace and c.relname <> '_prisma_migrations'`),
  ).toEqual(described.sort());
});
