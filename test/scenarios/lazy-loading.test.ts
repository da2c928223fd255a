import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';

/** What most starts never need, each of which costs memory and time, and where it is loaded from. */
const LATER = [
  '/dist/bundle/swagger.js',
  '/dist/bundle/swagger-ui.js',
  '/dist/bundle/x509',
  '/dist/bundle/Reflect',
  '/node_modules/re2js/',
  '/node_modules/prom-client/',
];

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'offramp-loading-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** Which of the libraries the threads of a run have loaded, by what V8 tells of the scripts that it has seen. */
async function loadedIn(
  dataDir: string,
  use: (offramp: RunningOfframp) => Promise<unknown>,
): Promise<string[]> {
  const told = await directory();
  const offramp = await startOfframp(['--data-dir', dataDir], { NODE_V8_COVERAGE: told });
  await use(offramp);
  await offramp.stop();
  const files = await readdir(told);
  const reports = await Promise.all(files.map((file) => readFile(path.join(told, file), 'utf8')));
  const scripts = reports.flatMap((report) =>
    (JSON.parse(report).result as { url: string }[]).map(({ url }) => url),
  );
  // The three threads have all told.
  for (const part of ['control-plane.js', 'data-plane.js', 'pglite-worker.js'].map(
    (name) => `/dist/bundle/${name}`,
  ))
    expect(scripts.filter((url) => url.endsWith(part))).toHaveLength(1);
  return LATER.filter((place) => scripts.some((url) => url.includes(place)));
}

test('a library is loaded when something needs it, and not at the start', async () => {
  const dataDir = await directory();
  // The first start makes the certificate of the edge.
  const needed = await loadedIn(dataDir, async ({ apiUrl }) => {
    for (const path of ['/docs/json', '/metrics']) await fetch(new URL(path, apiUrl));
  });
  expect(needed).toEqual(LATER.filter((place) => !place.includes('re2js')));
  expect(await loadedIn(dataDir, async () => undefined)).toEqual([]);
}, 90_000);
