import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { openLab } from '../support/lab.js';
import { startOfframp } from '../support/offramp.js';
import { FREE_PORTS, MAIN, spawnProgram } from '../support/program.js';
import { eventually } from '../support/waiting.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'offramp-hang-up-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Several times: one of them has been delivered when the program has answered, or has ended. */
async function hangUp(child: ChildProcess, stillWorks: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 3; i++) {
    child.kill('SIGHUP');
    await stillWorks();
  }
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
}

test('without a terminal SIGHUP, which opens logs anew, leaves a start alone', async () => {
  const offramp = await startOfframp();
  await hangUp(offramp.process, async () => {
    expect((await apiOf(offramp).get('/accounts')).status).toBe(200);
  });
  expect(await offramp.stop()).toBe(0);
});

test('without a terminal SIGHUP leaves a connector alone', async () => {
  const lab = await openLab();
  onTestFinished(() => lab.close());
  const flags = ['--token', lab.token, '--edge', lab.offramp.edge, '--cacert', lab.offramp.edgeCa];
  const child = spawnProgram(['connector', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  await hangUp(child, async () => {
    expect((await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}`)).body.result.status).toBe('healthy');
  });
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await gone).toEqual([0, null]);
});

/** `script` of util-linux runs a command on a terminal of its own, which hangs up when `script` is killed. */
const hasTerminals = /util-linux/.test(`${spawnSync('script', ['--version']).stdout ?? ''}`);

describe.skipIf(!hasTerminals)('on a terminal (with `script` of util-linux)', () => {
  test.each([
    ['start', ['start', '--memory', ...FREE_PORTS], /Offramp is ready/],
    ['demo', ['demo'], /It stays up until Ctrl-C/],
  ])('SIGHUP ends %s as SIGTERM does', async (name, argv, ready) => {
    const exit = path.join(folder, `${name}.exit`);
    const command = [process.execPath, MAIN, ...argv].join(' ');
    // The outer shell dies with the terminal, and the kernel tells the others; the inner one stays to write down how the program ended.
    const shell = `(trap : HUP; ${command}; echo $? > ${exit}); exit`;
    const terminal = spawn('script', ['--quiet', '--flush', '--command', shell, '/dev/null'], {
      env: { ...cleanEnvironment(), SHELL: '/bin/sh' },
    });
    let shown = '';
    terminal.stdout.on('data', (chunk) => {
      shown += chunk;
    });
    await eventually(() => ready.test(shown));
    // Ends at once without a word, as a window that is closed.
    terminal.kill('SIGKILL');
    await eventually(() => existsSync(exit) && readFileSync(exit, 'utf8') !== '');
    expect(readFileSync(exit, 'utf8')).toBe('0\n');
  });
});
