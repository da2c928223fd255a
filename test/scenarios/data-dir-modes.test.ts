import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { startOfframp } from '../support/offramp.js';

const execute = promisify(execFile);

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'offramp-modes-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** What is neither a directory of mode 0700 nor anything else of mode 0600. */
async function tooOpen(dataDir: string): Promise<string[]> {
  const right = ['(', '-type', 'd', '-perm', '0700', '-o', '!', '-type', 'd', '-perm', '0600', ')'];
  const { stdout } = await execute('find', [dataDir, '!', ...right, '-printf', '%m %P\\n']);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Starts with the umask 000: whoever makes a file then leaves its permissions to nobody's care. */
async function startWithoutUmask(...flags: string[]) {
  const before = process.umask(0);
  try {
    return await startOfframp(flags);
  } finally {
    process.umask(before);
  }
}

test('the data directory and everything in it are of their owner alone, whatever the umask, from the first start on; at --edge-ca-out the CA of the edge is for everybody', async () => {
  const [parent, shared] = [await directory(), await directory()];
  const dataDir = path.join(parent, 'made');
  await chmod(shared, 0o755);
  const file = path.join(shared, 'ca.pem');
  const offramp = await startWithoutUmask('--data-dir', dataDir, '--edge-ca-out', file);
  await apiOf(offramp).create('@/teamnet/virtual_networks', { name: 'written' });
  expect(await tooOpen(dataDir)).toEqual([]);
  expect(await readFile(file, 'utf8')).toBe(await readFile(offramp.edgeCa, 'utf8'));
  const { stdout } = await execute('find', [shared, '-printf', '%m %P\\n']);
  expect(stdout).toBe('755 \n644 ca.pem\n');
  await offramp.stop();
  expect(await tooOpen(dataDir)).toEqual([]);
});

test('what somebody has opened is narrowed at the next start, and works', async () => {
  const dataDir = await directory();
  const first = await startOfframp(['--data-dir', dataDir]);
  await first.stop();
  await execute('chmod', ['-R', '777', dataDir]);
  const second = await startWithoutUmask('--data-dir', dataDir);
  expect(await tooOpen(dataDir)).toEqual([]);
  expect(second.accountId).toBe(first.accountId);
  await second.stop();
});
