import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

test('docs/permissions.md is what the code asks for (npm run permissions writes it)', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/permissions.mjs', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});
