import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FOLDER = path.join(ROOT, 'test/scenarios/incidents');

test('docs/incidents.md has a row for every incident that is tested, and for no other', () => {
  const page = readFileSync(path.join(ROOT, 'docs/incidents.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (.+?) \| .+ \|$/gm)].map(([, name]) => name).slice(1);
  const tests = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(path.join(FOLDER, file), 'utf8').matchAll(/^test\((['"])(.+?)\1,/gm)])
    .map(([, , name]) => name);
  expect(rows.toSorted()).toEqual(tests.toSorted());
});
