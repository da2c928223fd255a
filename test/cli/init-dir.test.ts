import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { startOfframp } from '../support/offramp.js';
import { FREE_PORTS, runProgram, spawnProgram } from '../support/program.js';
import { eventually } from '../support/waiting.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-init-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function scripts(
  name: string,
  files: Readonly<Record<string, string>>,
  executable: readonly string[] = [],
) {
  const folder = path.join(directory, name);
  await mkdir(folder);
  for (const [file, text] of Object.entries(files)) {
    await writeFile(path.join(folder, file), text);
    await chmod(path.join(folder, file), executable.includes(file) ? 0o755 : 0o644);
  }
  return folder;
}

/** A program of Node that makes a monitor with the variables that it has been given. */
const MAKE = `#!${process.execPath}
const { CLOUDFLARE_BASE_URL: url, CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_ACCOUNT_ID: account } = process.env;
const answer = await fetch(url + '/accounts/' + account + '/load_balancers/monitors', {
  method: 'POST',
  headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' },
  body: JSON.stringify({ type: 'tcp', port: 80, description: 'made before it was ready' }),
});
process.exit(answer.status === 200 ? 0 : 1);
`;

test('scripts run in the order of their names before it is ready, with what points a client at it', async () => {
  const folder = await scripts(
    'good',
    {
      '20-second.sh': 'cat first > order; echo second >> order',
      '10-first.sh': 'echo "$CLOUDFLARE_DOMAIN" > first; echo "said on stdout"',
      'make.mjs': MAKE,
      'README.md': 'exit 1',
    },
    ['make.mjs'],
  );
  const file = path.join(directory, 'endpoints.json');
  const offramp = await startOfframp([
    '--memory',
    '--init-dir',
    folder,
    '--endpoints-file',
    file,
    '--domain',
    'example.org',
  ]);

  expect(await readFile(path.join(folder, 'order'), 'utf8')).toBe('example.org\nsecond\n');
  const monitors = (await apiOf(offramp).get('@/load_balancers/monitors')).body.result;
  expect(monitors).toMatchObject([{ description: 'made before it was ready' }]);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    ready: true,
    api_url: offramp.apiUrl,
    http: offramp.http,
    account_id: offramp.accountId,
    zone_id: offramp.zoneId,
  });
  expect(await offramp.stop()).toBe(0);
  expect(existsSync(file)).toBe(false);
});

test('a script that fails ends the start, and says which', async () => {
  const folder = await scripts('bad', { '1.sh': 'exit 0', '2.sh': 'exit 7', '3.sh': 'touch never' });
  const file = path.join(directory, 'never.json');
  const flags = ['start', ...FREE_PORTS, '--memory', '--endpoints-file', file];
  const { code, err, out } = await runProgram([...flags, '--init-dir', folder]);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain(`--init-dir: ${path.join(folder, '2.sh')} ended with code 7`);
  expect(existsSync(path.join(folder, 'never'))).toBe(false);
  expect(existsSync(file)).toBe(false);

  const none = await runProgram([...flags, '--init-dir', path.join(directory, 'none')]);
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('cannot be read')]);
  const nowhere = await runProgram([
    'start',
    ...FREE_PORTS,
    '--memory',
    '--endpoints-file',
    '/nowhere/at.json',
  ]);
  expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('cannot be written')]);
});

/** Gone, or waiting for somebody to hear of its end. */
function hasEnded(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}

test('a stop ends a script with what it has started, and is no failure', async () => {
  const folder = await scripts('slow', { 'slow.sh': 'sleep 300 & echo $! > child; wait' });
  const child = spawnProgram(['start', ...FREE_PORTS, '--memory', '--init-dir', folder]);
  const file = path.join(folder, 'child');
  await eventually(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
  const pid = Number(readFileSync(file, 'utf8'));
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  await eventually(() => hasEnded(pid));
});

test('what an earlier run has left in the file is not believed, and the file of another run stays', async () => {
  const file = path.join(directory, 'left.json');
  await writeFile(file, 'of a run that was killed');
  const folder = await scripts('looks', {
    'look.sh': `[ -e ${file} ] && echo there > seen || echo gone > seen`,
  });
  const one = await startOfframp(['--memory', '--init-dir', folder, '--endpoints-file', file]);
  expect(readFileSync(path.join(folder, 'seen'), 'utf8')).toBe('gone\n');
  const other = await startOfframp(['--memory', '--endpoints-file', file]);
  await one.stop();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ api_url: other.apiUrl });
  await other.stop();
  expect(existsSync(file)).toBe(false);
});
