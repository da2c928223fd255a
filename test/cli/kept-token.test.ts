import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cleanEnvironment } from '../support/clean-environment.js';
import { runningOfframp } from '../support/offramp.js';
import { collect, FREE_PORTS, MAIN, readyLine, runProgram, spawnProgram } from '../support/program.js';
import { eventually } from '../support/waiting.js';

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'offramp-token-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** As in a container: strict, no token given, a data directory, and no terminal. */
async function start(dataDir: string) {
  const child = spawnProgram(['start', '--json', ...FREE_PORTS, '--auth', 'strict', '--data-dir', dataDir]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const log = collect(child.stderr!);
  const ready = await readyLine(child);
  return { ...runningOfframp(child, ready), ready, log };
}

const status = async (apiUrl: string, token: string) =>
  (await fetch(`${apiUrl}/accounts`, { headers: { authorization: `Bearer ${token}` } })).status;

test('without --api-token one is made, for its owner alone, kept, used by the commands, and in no log', async () => {
  const dataDir = await directory();
  const first = await start(dataDir);
  const file = path.join(dataDir, 'api-token');
  const token = (await readFile(file, 'utf8')).trim();
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(first.ready.api_token_file).toBe(file);
  expect(await status(first.apiUrl, token)).toBe(200);
  expect(await status(first.apiUrl, 'offramp-local-token-for-any-auth-0')).toBe(403);

  const asked = ['env', '--api-url', first.apiUrl, '--data-dir', dataDir];
  expect((await runProgram(asked)).out).toContain(`export CLOUDFLARE_API_TOKEN='${token}'`);
  expect((await runProgram([...asked, '--api-token', 'another'])).code).toBe(2);
  expect(await first.stop()).toBe(0);

  const second = await start(dataDir);
  expect(await status(second.apiUrl, token)).toBe(200);
  expect(await second.stop()).toBe(0);
  for (const { log } of [first, second]) expect(log()).not.toContain(token);
  expect(first.log()).toContain(`"file":${JSON.stringify(file)}`);
  expect(second.log()).toBe('');
}, 60_000);

/** `script` of util-linux runs a command on a terminal of its own. */
const hasTerminals = /util-linux/.test(`${spawnSync('script', ['--version']).stdout ?? ''}`);

test.skipIf(!hasTerminals)(
  'on a terminal it is shown once',
  async () => {
    const dataDir = await directory();
    const argv = ['start', ...FREE_PORTS, '--auth', 'strict', '--data-dir', dataDir];
    const shown = async () => {
      const terminal = spawn(
        'script',
        [
          '--quiet',
          '--flush',
          '--command',
          `exec ${process.execPath} ${MAIN} ${argv.join(' ')}`,
          '/dev/null',
        ],
        {
          env: { ...cleanEnvironment(), SHELL: '/bin/sh' },
        },
      );
      const out = collect(terminal.stdout!);
      await eventually(() => out().includes('Offramp is ready'));
      const gone = once(terminal, 'exit');
      // Ctrl-C.
      terminal.stdin!.write('\x03');
      await gone;
      return out();
    };
    const first = await shown();
    const token = (await readFile(path.join(dataDir, 'api-token'), 'utf8')).trim();
    expect(first).toContain(`kept in ${dataDir}/api-token: ${token}`);
    const second = await shown();
    expect(second).not.toContain(token);
    expect(second).toContain(`(token in ${dataDir}/api-token)`);
  },
  60_000,
);

test('a token of ours in the file counts, and what is none is refused with the file and what it takes', async () => {
  const dataDir = await directory();
  const file = path.join(dataDir, 'api-token');
  const [own, bad] = ['a-token-of-our-own-with-32-characters', 'short'];
  const first = await start(dataDir);
  await first.stop();
  await writeFile(file, own);
  const second = await start(dataDir);
  expect(await status(second.apiUrl, own)).toBe(200);
  await second.stop();
  await writeFile(file, bad);
  const child = spawnProgram(['start', ...FREE_PORTS, '--auth', 'strict', '--data-dir', dataDir]);
  const err = collect(child.stderr!);
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(err()).toContain(`${file} holds no API token, but 5 characters; write one of 32 to 512`);
}, 60_000);

test('the token of this machine is not sent to another one', async () => {
  const dataDir = await directory();
  await writeFile(path.join(dataDir, 'api-token'), 'a-token-of-our-own-with-32-characters', { mode: 0o600 });
  const { withCredential } = await import('../../src/cli/credential.js');
  const asking = (host: string, given: string | null = null, dir = dataDir) => {
    const flags = { 'api-token': given, 'data-dir': dir, 'api-url': `http://${host}:7840/client/v4` };
    const { 'api-token': token, withoutToken } = withCredential(flags);
    return [token, withoutToken];
  };
  const own = 'a-token-of-our-own-with-32-characters';
  // 0.0.0.0 is what the ready line of a start for others says, and stands for this machine too.
  for (const host of ['127.0.0.1', '[::1]', '0.0.0.0', '[::]']) expect(asking(host)).toEqual([own, null]);
  expect(asking('::1', 'given')).toEqual(['given', null]);
  const any = 'offramp-local-token-for-any-auth-0';
  expect(asking('offramp.example.com')).toEqual([any, expect.stringContaining('sent to loopback alone')]);
  const empty = await directory();
  expect(asking('127.0.0.1', null, empty)).toEqual([
    any,
    expect.stringContaining(`none is kept in ${empty}`),
  ]);
  await writeFile(path.join(empty, 'api-token'), 'short');
  expect(asking('127.0.0.1', null, empty)).toEqual([any, expect.stringContaining('holds no API token')]);
});
