import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

test('docs/compatibility.md is what the code serves, and explains all that it does not (npm run compatibility writes it)', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/compatibility.mjs', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});
