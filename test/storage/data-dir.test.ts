import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { claimDataDir } from '../../src/storage/data-dir.js';

const root = await mkdtemp(path.join(os.tmpdir(), 'offramp-dir-'));
afterAll(() => rm(root, { recursive: true, force: true }));

/** Leaves a lock as a killed process does. */
async function leaveStaleLock(directory: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path.join(directory, 'lock'))}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

test('the directory is made for its owner alone; it is fresh until something is in it', async () => {
  const directory = path.join(root, 'a', 'b');
  const first = await claimDataDir(directory);
  expect(first.fresh).toBe(true);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  await first.release();
  await writeFile(path.join(directory, 'something'), '');
  const second = await claimDataDir(directory);
  expect(second.fresh).toBe(false);
  await second.release();
  expect(await readdir(directory)).toEqual(['something']);
});

test('a directory that is in use is refused by its name, also under another one, until it is released', async () => {
  const directory = path.join(root, 'used');
  const first = await claimDataDir(directory);
  await expect(claimDataDir(`${directory}/../used/`)).rejects.toThrow(`${directory} is in use`);
  await first.release();
  await (await claimDataDir(directory)).release();
});

test('the lock of a killed process does not hold', async () => {
  const directory = path.join(root, 'killed');
  await (await claimDataDir(directory)).release();
  await leaveStaleLock(directory);
  const claimed = await claimDataDir(directory);
  await expect(claimDataDir(directory)).rejects.toThrow('in use');
  await claimed.release();
  expect(await readdir(directory)).toEqual([]);
});

test.each([false, true])(
  'of many that start at once only one gets the directory (stale lock: %j)',
  async (stale) => {
    const directory = path.join(root, `race-${stale}`);
    await (await claimDataDir(directory)).release();
    if (stale) await leaveStaleLock(directory);
    const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimDataDir(directory)));
    const won = claims.filter((claim) => claim.status === 'fulfilled');
    expect(won).toHaveLength(1);
    await expect(claimDataDir(directory)).rejects.toThrow('in use');
    await won[0]?.value.release();
  },
);

test('a start that was killed while it took a lock over keeps nobody out for good', async () => {
  const directory = path.join(root, 'killed-takeover');
  await (await claimDataDir(directory)).release();
  await leaveStaleLock(directory);
  await mkdir(path.join(directory, 'lock.takeover'));
  const claimed = await claimDataDir(directory);
  await expect(claimDataDir(directory)).rejects.toThrow('in use');
  await claimed.release();
  expect(await readdir(directory)).toEqual([]);
});

// The second is short in characters and long in bytes.
test.each(['d'.repeat(120), 'é'.repeat(55)])(
  'a path that is too long for a socket is locked all the same',
  async (name) => {
    const directory = path.join(root, name);
    const first = await claimDataDir(directory);
    expect(await readdir(directory)).toEqual([]);
    await expect(claimDataDir(directory)).rejects.toThrow('in use');
    await first.release();
    await (await claimDataDir(directory)).release();
  },
);
