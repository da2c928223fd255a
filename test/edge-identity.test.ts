import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadEdgeIdentity } from '../src/edge-identity.js';

async function dataDir(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-identity-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

test('the key of session cookies stays with the data directory, and is no other one', async () => {
  const directory = await dataDir();
  const [first, again, other] = [
    await loadEdgeIdentity(directory),
    await loadEdgeIdentity(directory),
    await loadEdgeIdentity(await dataDir()),
  ];
  expect(first.sessionKey).toHaveLength(32);
  expect(again.sessionKey).toEqual(first.sessionKey);
  expect(other.sessionKey).not.toEqual(first.sessionKey);
});
