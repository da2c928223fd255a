import { once } from 'node:events';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startOfframp } from '../support/offramp.js';
import { FREE_PORTS, runProgram } from '../support/program.js';

/** Lines by their subject. */
async function doctor(...flags: string[]) {
  const { code, out, err } = await runProgram(['doctor', ...FREE_PORTS, ...flags]);
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => /^(ok|doubt|WRONG) +([^:]+): (.*)$/.exec(line)!);
  return {
    code,
    out,
    err,
    found: Object.fromEntries(lines.map(([, mark, subject, text]) => [subject, `${mark} ${text}`])),
  };
}

test('where a start would work everything is good, and nothing is made', async () => {
  const dataDir = path.join(os.tmpdir(), `offramp-doctor-${process.pid}`);
  const { code, found } = await doctor('--data-dir', dataDir);
  expect(code).toBe(0);
  expect(found).toMatchObject({
    program: expect.stringMatching(/^ok Offramp .* on Node /),
    API: 'ok a free port of 127.0.0.1 can be had',
    'data directory': `ok ${dataDir} will be made`,
  });
});

test('a port that another program has, and an address that is none of this machine, are told', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const { code, found } = await doctor('--memory', '--http-port', String(port), '--edge-host', '192.0.2.1');
  expect(code).toBe(1);
  expect(found.HTTP).toBe(
    `WRONG 127.0.0.1:${port} is taken by another program; give another port, or end that one`,
  );
  expect(found.edge).toContain('is no address of this machine');
});

test('one that runs is asked how it is, with the credential of the flags', async () => {
  const token = 'a-token-of-the-doctor-that-is-long-enough';
  const offramp = await startOfframp(['--memory', '--auth', 'strict', '--api-token', token]);
  onTestFinished(() => void offramp.stop());
  const { port } = new URL(offramp.apiUrl);
  const flags = ['--memory', '--auth', 'strict', '--port', port];
  const good = await doctor(...flags, '--api-token', token);
  expect([good.code, good.found.credential]).toEqual([0, 'ok is good for 1 accounts']);
  const bad = await doctor(...flags, '--api-token', `${token}-of-another`);
  expect([bad.code, bad.found.credential]).toEqual([
    1,
    expect.stringMatching(/^WRONG .*refuses the credential/),
  ]);
});

test('a database that cannot be used is told without its password, and a wrong flag as a start tells it', async () => {
  const { code, found, out, err } = await doctor(
    '--database-url',
    'postgres://offramp:hidden@127.0.0.1:1/offramp',
  );
  expect(code).toBe(1);
  expect(found.PostgreSQL).toContain('WRONG cannot be used: connect ECONNREFUSED');
  expect(out + err).not.toContain('hidden');
  const wrong = await runProgram(['doctor', '--http-port', 'eighty']);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--http-port')]);
});

test('files that flags name are looked at', async () => {
  const { code, found } = await doctor(
    ...[
      '--memory',
      '--seed',
      '/nowhere/seed.yaml',
      '--init-dir',
      '/nowhere',
      '--endpoints-file',
      '/nowhere/at.json',
      '--access-log',
      '/nowhere/log',
    ],
  );
  expect(code).toBe(1);
  for (const subject of ['seed', 'init scripts', 'endpoints file', 'access log'])
    expect(found[subject]).toMatch(/^WRONG .*\/nowhere/);
});
