import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { closedPort } from '../support/fake-origins.js';
import { type RunningOfframp, runningOfframp, startOfframp } from '../support/offramp.js';
import { collect, FREE_PORTS, readyLine, runProgram, spawnProgram } from '../support/program.js';
import { eventually } from '../support/waiting.js';

const made: string[] = [];
afterAll(() => Promise.all(made.map((directory) => rm(directory, { recursive: true, force: true }))));

async function newDataDir(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-start-'));
  made.push(directory);
  return directory;
}

test('everything survives a restart and a kill; meanwhile no other process gets the data directory', async () => {
  const dataDir = await newDataDir();
  const first = await startOfframp(['--data-dir', dataDir]);
  await apiOf(first).create('@/teamnet/virtual_networks', { name: 'kept' });
  const ca = await readFile(first.edgeCa, 'utf8');
  const refused = await runProgram(['start', ...FREE_PORTS, '--data-dir', dataDir]);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining('in use by another running Offramp'),
  });
  expect(await first.stop()).toBe(0);

  const isAsBefore = async (now: RunningOfframp) => {
    expect([now.accountId, now.zoneId, now.domain]).toEqual([first.accountId, first.zoneId, first.domain]);
    expect((await apiOf(now).get('@/teamnet/virtual_networks?name=kept')).body.result).toHaveLength(1);
    expect(await readFile(now.edgeCa, 'utf8')).toBe(ca);
  };
  const second = await startOfframp(['--data-dir', dataDir]);
  await isAsBefore(second);
  const served = await fetch(`${new URL(second.apiUrl).origin}/_offramp/ca.pem`);
  expect(await served.text()).toBe(ca);
  const gone = once(second.process, 'exit');
  second.process.kill('SIGKILL');
  await gone;

  const third = await startOfframp(['--data-dir', dataDir]);
  await isAsBefore(third);
  await third.stop();
  const key = await stat(path.join(path.dirname(first.edgeCa), 'ca-key.pem'));
  expect(key.mode & 0o077).toBe(0);
});

test.each([
  [['--host', '0.0.0.0', '--memory'], /0\.0\.0\.0.*--api-token/],
  [['--host', '0.0.0.0', '--auth', 'any'], /--auth any/],
  [['--host', '0.0.0.0', '--api-token', 'short'], /32 or more/],
  [['--auth', 'strict', '--memory'], /--api-token/],
  [['--port', '70000'], /--port is "70000"/],
  [['--host', 'example.com'], /--host is "example.com"/],
  [['--memory', '--database-url', 'postgres://x'], /exclude each other/],
  [['--database-url', 'mysql://x'], /postgres:\/\//],
  [['--nonsense'], /--nonsense/],
  [['--min-monitor-interval', '0'], /1 to 3600/],
])('a start with %j is refused with a reason', async (flags, message) => {
  const { code, err } = await runProgram(['start', ...flags]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test('a wrong variable is refused like a wrong flag, and a flag wins over it; strict auth takes the given token alone', async () => {
  expect(await runProgram(['start'], { env: { OFFRAMP_PORT: 'x' } })).toMatchObject({
    code: 2,
    err: expect.stringContaining('"x"'),
  });
  const token = 'a-token-of-more-than-32-characters-0';
  const offramp = await startOfframp([], {
    OFFRAMP_PORT: 'x',
    OFFRAMP_DOMAIN: 'by-variable.test',
    OFFRAMP_API_TOKEN: token,
  });
  expect(offramp.domain).toBe('by-variable.test');
  expect((await apiOf(offramp, token).get('/accounts')).status).toBe(200);
  const other = await apiOf(offramp, 'another-token-of-32-characters-or-so').get('/accounts');
  expect([other.status, other.body.errors[0].code]).toEqual([403, 10000]);
  await offramp.stop();
});

test('a port that is taken is named, with the way out, and `offramp env` prints what points the tools at the one that has it', async () => {
  const first = await startOfframp();
  const taken = new URL(first.apiUrl).port;
  const { code, err } = await runProgram(['start', '--memory', ...FREE_PORTS, '--port', taken]);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${taken} is in use.*--edge-port`)),
  ]);
  const traffic = first.http.split(':')[1]!;
  const other = await runProgram(['start', '--memory', ...FREE_PORTS, '--http-port', traffic]);
  expect([other.code, other.err]).toEqual([1, expect.stringContaining(`${traffic} is in use`)]);
  // Both are told before anything long is begun.
  expect(`${err}${other.err}`).not.toContain('Opening the embedded database');
  const { out } = await runProgram(['env', '--api-url', first.apiUrl]);
  expect(out).toContain(`export CLOUDFLARE_BASE_URL='${first.apiUrl}'`);
  expect(out).toContain(`export CLOUDFLARE_ZONE_ID='${first.zoneId}'`);
  expect(out).toContain(`export TUNNEL_CACERT='${first.edgeCa}'`);
  await first.stop();
  const gone = await runProgram(['env', '--api-url', first.apiUrl]);
  expect(gone).toMatchObject({ code: 2, err: expect.stringContaining('--api-url') });
});

test('SIGTERM lets an API request in flight end, and waits neither for who has sent nothing nor, for long, for half a request', async () => {
  const offramp = await startOfframp(['--drain-timeout', '1']);
  const { hostname, port } = new URL(offramp.apiUrl);
  const connect = async (bytes: string) => {
    const client = net.connect(Number(port), hostname);
    client.on('error', () => undefined);
    const heard = collect(client);
    await once(client, 'connect');
    client.write(bytes);
    return { client, heard, closed: once(client, 'close') };
  };
  const head = (path: string, ...lines: string[]) =>
    [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Authorization: Bearer x', ...lines, '', ''].join('\r\n');
  const type = 'Content-Type: application/json';
  const silent = await connect('');
  const half = await connect(`${head('/client/v4/zones', type, 'Content-Length: 9')}{`);
  const body = '{"name":"in flight"}';
  const path = `/client/v4/accounts/${offramp.accountId}/teamnet/virtual_networks`;
  const flying = await connect(
    head(path, type, 'Expect: 100-continue', `Content-Length: ${Buffer.byteLength(body)}`),
  );
  await eventually(() => flying.heard().includes('100 Continue'));
  // An answer on another connection says that the server has seen those before it.
  expect((await apiOf(offramp).get('/accounts')).status).toBe(200);
  const stopped = offramp.stop();
  await eventually(() => refusesConnections(hostname, Number(port)));
  flying.client.write(body);
  await flying.closed;
  expect(flying.heard()).toMatch(/HTTP\/1\.1 200 OK[\s\S]*"name":"in flight"/);
  expect(await stopped).toBe(0);
  await Promise.all([silent.closed, half.closed]);
});

function refusesConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(port, host);
    probe.once('error', () => resolve(true));
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
  });
}

test('the first account, zone and domain are the given ones; the log tells no secret, even at trace', async () => {
  const env = {
    CLOUDFLARE_ACCOUNT_ID: '0123456789abcdef0123456789abcdef',
    CLOUDFLARE_ZONE_ID: 'fedcba9876543210fedcba9876543210',
    CLOUDFLARE_DOMAIN: 'given.test',
  };
  const child = spawnProgram(['start', '--json', '--memory', ...FREE_PORTS, '--log-level=trace'], { env });
  const log = collect(child.stderr!);
  const offramp = runningOfframp(child, await readyLine(child));
  expect([offramp.accountId, offramp.zoneId, offramp.domain]).toEqual(Object.values(env));
  const api = apiOf(offramp, 'SECRET-token');
  const tunnel_secret = Buffer.from('SECRET'.repeat(6)).toString('base64');
  await api.create('@/cfd_tunnel', { name: 'told', tunnel_secret });
  await api.post('@/cfd_tunnel', `{"name":"broken","tunnel_secret":"${tunnel_secret}" nonsense`);
  await api.post('@/cfd_tunnel', { name: 7, tunnel_secret });
  await fetch(`${offramp.apiUrl}/user`, {
    headers: { 'x-auth-email': 'a@example.com', 'x-auth-key': 'SECRET-key' },
  });
  const gone = once(child, 'close');
  child.kill('SIGTERM');
  await gone;
  expect(log()).toContain('listening');
  expect(log()).not.toContain('SECRET');
  expect(log()).not.toContain(tunnel_secret);
});

test('help teaches, for the program and for each command', async () => {
  const help = await runProgram(['help']);
  for (const command of ['start', 'demo', 'connector', 'env']) {
    expect(help.out).toContain(command);
    expect((await runProgram([command, '--help'])).out).toMatch(/--\w+/);
  }
  expect(await runProgram(['nonsense'])).toMatchObject({ code: 2, err: expect.stringContaining('nonsense') });
});

test('SIGTERM during the start ends the process with 0 and without a ready line', async () => {
  const child = spawnProgram(['start', '--memory', ...FREE_PORTS]);
  const out = collect(child.stdout!);
  // The first words say that the database is being opened.
  await once(child.stderr!, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(out()).toBe('');
});

test('who comes while the program still starts waits, and is answered', async () => {
  const [api, traffic] = [await closedPort(), await closedPort()];
  const ports = ['--port', `${api}`, '--http-port', `${traffic}`];
  const child = spawnProgram(['start', '--json', '--memory', ...FREE_PORTS, ...ports], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told: string[] = [];
  const ready = readyLine(child).then(() => told.push('ready'));
  await eventually(async () => !(await refusesConnections('127.0.0.1', api)));
  await eventually(async () => !(await refusesConnections('127.0.0.1', traffic)));
  told.push('both ports open');
  const answers = await Promise.all([
    fetch(`http://127.0.0.1:${api}/client/v4/accounts`, { headers: { authorization: 'Bearer a' } }),
    fetch(`http://127.0.0.1:${traffic}/`),
  ]);
  await ready;
  expect(told).toEqual(['both ports open', 'ready']);
  expect(answers.map(({ status }) => status)).toEqual([200, 530]);
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await gone).toEqual([0, null]);
});

test('with --end-with-stdin a start that fails ends at once, whatever holds its standard input', async () => {
  const flags = ['--memory', '--json', '--end-with-stdin', ...FREE_PORTS];
  const { code, err } = await runProgram(['start', ...flags, '--seed', '/nowhere/seed.yaml']);
  expect([code, err]).toEqual([
    expect.any(Number),
    expect.stringContaining('/nowhere/seed.yaml cannot be read'),
  ]);
  expect(code).toBeGreaterThan(0);
});

test('with --end-with-stdin it stops when its standard input ends', async () => {
  const child = spawnProgram(['start', '--json', '--memory', '--end-with-stdin', ...FREE_PORTS]);
  const offramp = runningOfframp(child, await readyLine(child));
  expect((await apiOf(offramp).get('/accounts')).status).toBe(200);
  const exit = once(child, 'exit');
  child.stdin!.end();
  expect(await exit).toEqual([0, null]);
});
