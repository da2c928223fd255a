import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

/** A clone of what the build reads. */
function clone(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'offramp-clone-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['src', 'prisma', 'package.json', 'package-lock.json', 'prisma.config.ts'])
    symlinkSync(path.join(ROOT, name), path.join(folder, name));
  for (const name of ['tsconfig.json', 'tsconfig.build.json'])
    symlinkSync(path.join(ROOT, name), path.join(folder, name));
  // Node takes the place of a link for that of the file.
  mkdirSync(path.join(folder, 'scripts/support'), { recursive: true });
  for (const name of ['scripts/build.mjs', 'scripts/support/arguments.mjs'])
    copyFileSync(path.join(ROOT, name), path.join(folder, name));
  return folder;
}

test('a build without development packages says what to do, with code 1', () => {
  const folder = clone();
  mkdirSync(path.join(folder, 'node_modules/typescript'), { recursive: true });
  writeFileSync(path.join(folder, 'node_modules/typescript/package.json'), '{}');
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/^offramp: .*prisma, rolldown are not installed; run "npm ci" without --omit=dev/),
  ]);
  expect(status).toBe(1);
});
