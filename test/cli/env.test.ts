import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanEnvironment } from '../support/clean-environment.js';
import { runProgram } from '../support/program.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';

let offramp: SharedOfframp;
let folder: string;

beforeAll(async () => {
  offramp = await sharedOfframp();
  folder = await mkdtemp(path.join(os.tmpdir(), 'offramp-env-'));
});
afterAll(async () => {
  await offramp.stop();
  await rm(folder, { recursive: true });
});

/** Runs `offramp env` in the folder. */
function env(...flags: string[]) {
  const known = ['--api-url', offramp.apiUrl, '--api-token', 'secret-token'];
  return runProgram(['env', ...known, ...flags], { cwd: folder });
}

test('--cert writes what cloudflared reads its account, zone and token from, for nobody else to read', async () => {
  const file = path.join(folder, 'cert.pem');
  const { code, out } = await env('--cert', 'cert.pem');
  expect([code, out]).toEqual([0, expect.stringContaining(`export TUNNEL_ORIGIN_CERT='${file}'`)]);
  const [first, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect([first, lines.at(-1)]).toEqual([
    '-----BEGIN ARGO TUNNEL TOKEN-----',
    '-----END ARGO TUNNEL TOKEN-----',
  ]);
  const base64 = lines.slice(0, -1);
  expect(Math.max(...base64.map(({ length }) => length))).toBeLessThanOrEqual(64);
  expect(JSON.parse(Buffer.from(base64.join(''), 'base64').toString())).toEqual({
    zoneID: offramp.zoneId,
    accountID: offramp.accountId,
    apiToken: 'secret-token',
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await chmod(file, 0o644);
  expect((await env('--cert', 'cert.pem')).code).toBe(0);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a shell takes what is printed, with quotes around it or without', async () => {
  const { out } = await env();
  const shown = 'printf "%s %s %s" "$CLOUDFLARE_ACCOUNT_ID" "$TUNNEL_EDGE" "$NO_AUTOUPDATE"';
  for (const evaluated of ['eval "$VARIABLES"', 'eval $VARIABLES']) {
    const { stdout } = await promisify(execFile)('bash', ['-c', `set -eu; ${evaluated}; ${shown}`], {
      env: { ...cleanEnvironment(), VARIABLES: out },
    });
    expect(stdout).toBe(`${offramp.accountId} ${Array(4).fill(offramp.edge).join(',')} true`);
  }
  expect(out.trim().split('\n').at(-1)).toContain(`--quick-service ${new URL(offramp.apiUrl).origin} --url`);
});

test('without --cert nothing is written and no certificate is named', async () => {
  expect((await env()).out).not.toContain('TUNNEL_ORIGIN_CERT');
});

test('a file that says something else is left alone', async () => {
  const file = path.join(folder, 'real.pem');
  await writeFile(file, 'the way to a real account');
  const { code, out, err } = await env('--cert', 'real.pem');
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/real\.pem is there and is for something else/);
  expect(await readFile(file, 'utf8')).toBe('the way to a real account');
});

test('a place where no file can be is told', async () => {
  const { code, out, err } = await env('--cert', 'nowhere/cert.pem');
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/nowhere\/cert\.pem cannot be written: ENOENT/);
});
