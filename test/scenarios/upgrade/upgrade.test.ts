import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, constants } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../../support/api.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

// What docs/upgrading.md promises. `scripts/old-data-directory.mjs` has made the directories that older programs have left.

interface Known {
  readonly path: string;
  readonly result: object | string;
}

const VERSIONS = readdirSync(import.meta.dirname).flatMap((name) => /^(.*)\.tar\.br$/.exec(name)?.[1] ?? []);

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'offramp-upgrade-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function unpack(version: string, to: string): Promise<readonly Known[]> {
  const packed = readFileSync(path.join(import.meta.dirname, `${version}.tar.br`));
  const input = brotliDecompressSync(packed, {
    params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 },
  });
  expect(spawnSync('tar', ['-x', '-C', to], { input }).status).toBe(0);
  return JSON.parse(readFileSync(path.join(import.meta.dirname, `${version}.json`), 'utf8'));
}

async function start(dataDir: string): Promise<RunningOfframp> {
  const offramp = await startOfframp(['--data-dir', dataDir]);
  onTestFinished(() => void offramp.process.kill('SIGKILL'));
  return offramp;
}

/** Newer versions may show more of an object, and never less or something else. */
async function expectAll(offramp: RunningOfframp, known: readonly Known[]): Promise<void> {
  for (const { path, result } of known) {
    const { body } = await apiOf(offramp).get(path);
    expect({ path, result: body.result }).toMatchObject({ path, result });
  }
}

test.each(VERSIONS)(
  'the data directory of %s opens, with all that was in it, and goes on',
  async (version) => {
    const dataDir = await directory();
    const known = await unpack(version, dataDir);
    expect(known.length).toBeGreaterThan(6);
    const first = await start(dataDir);
    await expectAll(first, known);
    const pools = known.find(({ path }) => path.includes('/pools/'))!.path.replace(/\/[^/]*$/, '');
    expect((await apiOf(first).post(pools, { name: 'after', origins: [] })).status).toBe(400);
    const made = await apiOf(first).post(pools, {
      name: 'after',
      origins: [{ name: 'o', address: '9.9.9.9' }],
    });
    expect(made.status).toBe(200);
    expect(await first.stop()).toBe(0);

    const second = await start(dataDir);
    await expectAll(second, [
      ...known,
      { path: `${pools}/${made.body.result.id}`, result: { name: 'after' } },
    ]);
    expect(await second.stop()).toBe(0);
  },
);

test('a copy of a directory that nobody has open is a backup', async () => {
  const [dataDir, backup] = [await directory(), await directory()];
  const known = await unpack(VERSIONS[0]!, dataDir);
  const first = await start(dataDir);
  await first.stop();
  await cp(dataDir, backup, { recursive: true });
  const again = await start(dataDir);
  const gone = known.find(({ path }) => path.includes('/dns_records/'))!;
  expect((await apiOf(again).delete(gone.path)).status).toBe(200);
  await again.stop();

  const restored = await start(backup);
  await expectAll(restored, known);
  expect(await restored.stop()).toBe(0);
  // With the CA that connectors trust.
  expect(await readdir(path.join(backup, 'edge'))).toContain('ca-key.pem');
});
