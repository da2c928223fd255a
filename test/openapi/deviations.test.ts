import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FIELDS = ['id', 'operation', 'cloudflare', 'offramp', 'reason', 'test'];
const rows: Record<string, string>[] = parse(
  readFileSync(path.join(ROOT, 'openapi/deviations.yaml'), 'utf8'),
);

test('every known difference is complete and has an id of its own', () => {
  for (const row of rows) expect(Object.keys(row), row.id).toEqual(FIELDS);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
});

test('every known difference names a test that is there', () => {
  const missing = rows.filter(({ test: name = '' }) => {
    const colon = name.indexOf(': ');
    const source = readFileSync(path.join(ROOT, name.slice(0, colon)), 'utf8');
    return !source.includes(`'${name.slice(colon + 2)}'`);
  });
  expect(missing.map(({ id }) => id)).toEqual([]);
});
