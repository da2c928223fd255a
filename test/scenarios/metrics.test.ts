import { execFileSync, spawnSync } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { METRICS } from '../../src/metrics/catalogue.js';
import { type Api, apiOf } from '../support/api.js';
import { closedPort, httpOrigin, tcpOrigin } from '../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { FREE_PORTS, readyLine, runProgram, spawnProgram } from '../support/program.js';
import { explainedIn, scrape, total } from '../support/scrape.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'offramp-metrics-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const metricsOf = ({ apiUrl }: RunningOfframp) => new URL('/metrics', apiUrl);
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

async function start(...flags: string[]): Promise<RunningOfframp> {
  const offramp = await startOfframp(flags);
  onTestFinished(() => void offramp.process.kill('SIGKILL'));
  return offramp;
}

/** An origin that answers with the status that the path names, and one that nobody listens at. */
async function balance(api: Api, name: string, ports: readonly number[]): Promise<void> {
  const pool = await api.create('@/load_balancers/pools', {
    name: `pool-${name}`,
    origins: ports.map((port, i) => ({ name: `origin-${i}`, address: `127.0.0.${i + 1}`, port })),
  });
  const zone = '%/load_balancers';
  await api.create(zone, {
    name: `${name}.example.com`,
    default_pools: [pool.id],
    fallback_pool: pool.id,
    proxied: true,
  });
}

const answering = () =>
  httpOrigin((request, response) => {
    const status = Number(request.url!.slice(1)) || 200;
    response.statusCode = status;
    response.end('body');
  });

test('metrics and access log agree with what a client has counted, failures among it', async () => {
  const file = path.join(folder, 'agree.log');
  const offramp = await start('--access-log', file);
  const api = apiOf(offramp);
  const origin = await answering();
  await balance(api, 'good', [origin.port]);
  await balance(api, 'bad', [await closedPort()]);
  const client = trafficClient(offramp.http, 4);
  const seen = new Map<string, number>();
  const ask = async (host: string, where: string) => {
    const { status } = await client.get(host, where);
    const key = `${host} ${status}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  };
  for (let i = 0; i < 300; i += 1)
    await Promise.all([
      ask('good.example.com', i % 3 === 0 ? '/503' : '/200'),
      ask('bad.example.com', '/'),
      ...(i % 10 === 0 ? [ask(`${i}.example.net`, '/')] : []),
    ]);
  client.close();
  const samples = await scrape(metricsOf(offramp));
  const counted = Object.fromEntries(
    [...samples].filter(([name]) => name.startsWith('offramp_requests_total')),
  );
  expect(counted).toEqual({
    'offramp_requests_total{load_balancer="good.example.com",pool="pool-good",origin="origin-0",status="503",reason=""}':
      seen.get('good.example.com 503'),
    'offramp_requests_total{load_balancer="good.example.com",pool="pool-good",origin="origin-0",status="200",reason=""}':
      seen.get('good.example.com 200'),
    'offramp_requests_total{load_balancer="bad.example.com",pool="pool-bad",origin="origin-0",status="521",reason="refused"}':
      seen.get('bad.example.com 521'),
    'offramp_requests_total{load_balancer="",pool="",origin="",status="530",reason="unknown_load_balancer"}': 30,
  });
  expect(total(samples, 'offramp_request_duration_seconds_count')).toBe(630);
  expect(total(samples, 'offramp_request_first_byte_seconds_count')).toBe(300);
  expect(total(samples, 'offramp_response_bytes_total', { load_balancer: 'good.example.com' })).toBe(1_200);
  expect(
    total(samples, 'offramp_origin_failed_attempts_total', { pool: 'pool-bad', reason: 'refused' }),
  ).toBe(300);
  expect(total(samples, 'offramp_requests_in_flight')).toBe(0);
  expect(total(samples, 'offramp_pool_healthy', { pool: 'pool-good' })).toBe(1);
  expect(
    total(samples, 'offramp_api_requests_total', { operation: 'load-balancers-create-load-balancer' }),
  ).toBe(2);
  expect(samples.get('offramp_revision')).toBe(samples.get('offramp_data_plane_revision'));
  await eventually(() => linesOf(file).length === 630);
  const bad = linesOf(file).filter(({ host }) => host === 'bad.example.com');
  expect(bad).toHaveLength(300);
  expect(bad[0]).toMatchObject({ status: 521, reason: 'refused', pool: 'pool-bad', origin: 'origin-0' });
  expect(await offramp.stop()).toBe(0);
});

test('the text explains every metric, and promtool takes it where there is one', async () => {
  const offramp = await start('--access-log', path.join(folder, 'text.log'));
  const response = await fetch(metricsOf(offramp));
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  expect(explainedIn(text)).toEqual(Object.keys(METRICS));
  if (spawnSync('promtool', ['--version']).status === 0)
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
  expect(await offramp.stop()).toBe(0);
});

test('TCP, DNS, checks, tunnels and what was deleted', async () => {
  const offramp = await start('--tcp', '0=tcp.example.com', '--direct-network', '127.0.0.0/8');
  const api = apiOf(offramp);
  const { port } = await tcpOrigin((socket) => socket.end('hello'));
  const monitor = await api.create('@/load_balancers/monitors', { type: 'tcp', port, interval: 60 });
  const pool = await api.create('@/load_balancers/pools', {
    name: 'bytes',
    monitor: monitor.id,
    origins: [{ name: 'echo', address: '127.0.0.1', port }],
  });
  const balancer = { name: 'tcp.example.com', default_pools: [pool.id], fallback_pool: pool.id };
  await api.create('%/load_balancers', balancer);
  await api.create('@/cfd_tunnel', { name: 'nobody', config_src: 'cloudflare' });
  const url = metricsOf(offramp);
  await eventually(
    async () => (await scrape(url)).get('offramp_origin_healthy{pool="bytes",origin="echo"}') === 1,
  );
  const [host, tcpPort] = offramp.tcp['tcp.example.com']!.split(':');
  const socket = net.connect(Number(tcpPort), host);
  await new Promise((resolve) => socket.on('data', resolve));
  socket.destroy();
  const resolver = new Resolver();
  resolver.setServers([offramp.dns]);
  await resolver.resolve4('tcp.example.com');
  await expect(resolver.resolve4('nobody.example.com')).rejects.toThrow();
  const samples = await scrape(url);
  expect(samples.get('offramp_dns_questions_total{type="A",rcode="NOERROR"}')).toBe(1);
  expect(samples.get('offramp_dns_questions_total{type="A",rcode="NXDOMAIN"}')).toBeGreaterThan(0);
  expect(
    samples.get(
      'offramp_tcp_connections_total{load_balancer="tcp.example.com",pool="bytes",origin="echo",reason=""}',
    ),
  ).toBe(1);
  expect(total(samples, 'offramp_requests_total')).toBe(0);
  expect(total(samples, 'offramp_health_checks_total', { result: 'passed' })).toBeGreaterThan(0);
  expect(samples.get('offramp_health_changes_total{pool="bytes",origin="echo",to="healthy"}')).toBe(1);
  expect(samples.get('offramp_tunnel_connections{tunnel="nobody"}')).toBe(0);
  await fetch(new URL('/_offramp/reset', offramp.apiUrl), {
    method: 'POST',
    headers: { authorization: 'Bearer test-token' },
  });
  const after = await scrape(url);
  for (const name of [
    'tcp_connections_total',
    'health_changes_total',
    'origin_healthy',
    'tunnel_connections',
  ])
    expect([...after.keys()].filter((sample) => sample.startsWith(`offramp_${name}{`))).toEqual([]);
  expect(await offramp.stop()).toBe(0);
});

test('with --auth strict metrics take a token; a port of its own takes none and has nothing else', async () => {
  const token = 'a-token-that-may-do-everything-0123456';
  const child = spawnProgram(
    ['start', '--json', '--memory', ...FREE_PORTS, '--api-token', token, '--metrics-port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const ready = await readyLine(child);
  const url = new URL('/metrics', ready.api_url);
  const authorization = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });
  expect((await fetch(url)).status).toBe(400);
  expect((await fetch(url, authorization('another-token-of-the-same-length-0123'))).status).toBe(403);
  expect((await scrape(url, authorization(token).headers)).get('offramp_data_plane_up')).toBe(1);
  const own = `http://${ready.metrics}`;
  expect(ready.metrics).toMatch(/^127\.0\.0\.1:/);
  expect((await scrape(`${own}/metrics`)).get('offramp_database_up')).toBe(1);
  expect((await fetch(`${own}/_offramp/requests`)).status).toBe(404);
  expect((await fetch(`${own}/metrics`, { method: 'POST' })).status).toBe(405);
  expect((await fetch(`${own}/metrics`, { headers: { origin: 'https://stranger.example' } })).status).toBe(
    403,
  );
  child.kill('SIGTERM');
});

test('SIGHUP goes on in a new file', async () => {
  const file = path.join(folder, 'rotated.log');
  const offramp = await start('--access-log', file);
  const client = trafficClient(offramp.http);
  await client.get('before.example.com');
  await eventually(() => linesOf(file).length === 1);
  renameSync(file, `${file}.1`);
  offramp.process.kill('SIGHUP');
  await eventually(async () => {
    await client.get('after.example.com');
    try {
      return linesOf(file).length > 0;
    } catch {
      return false;
    }
  });
  client.close();
  expect(await offramp.stop()).toBe(0);
  expect(linesOf(`${file}.1`)[0]).toMatchObject({
    host: 'before.example.com',
    reason: 'unknown_load_balancer',
  });
  expect(linesOf(file).every(({ host }) => host === 'after.example.com')).toBe(true);
});

test('with stdout the lines come behind the ready line', async () => {
  const child = spawnProgram(['start', '--json', '--memory', ...FREE_PORTS, '--access-log', 'stdout'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { http } = await readyLine(child);
  const line = new Promise<string>((resolve) =>
    child.stdout!.on('data', (chunk: Buffer) => resolve(`${chunk}`)),
  );
  const client = trafficClient(http);
  await client.get('www.example.net', '/path?secret');
  client.close();
  expect(JSON.parse(await line)).toMatchObject({ host: 'www.example.net', path: '/path', status: 530 });
  child.kill('SIGTERM');
});

test.each([
  ['a directory that is not there', path.join(folder, 'nowhere', 'access.log'), /there is no such directory/],
  ['a directory', folder, /it is a directory/],
])('an access log that cannot be written ends the start: %s', async (_name, file, why) => {
  const { code, err } = await runProgram(['start', '--memory', ...FREE_PORTS, '--access-log', file]);
  expect(code).toBe(1);
  expect(err).toMatch(/^offramp: the access log cannot be written to /);
  expect(err).toMatch(why);
});

test('a metrics port that is taken is told with its flag', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await eventually(() => taken.listening);
  const { port } = taken.address() as net.AddressInfo;
  const { code, err } = await runProgram(['start', '--memory', ...FREE_PORTS, '--metrics-port', `${port}`]);
  expect(code).toBe(1);
  expect(err).toMatch(/is in use by another program; choose other ports with .*--metrics-port/);
});
