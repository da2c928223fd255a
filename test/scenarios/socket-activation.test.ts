import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { holdSockets } from '../support/passed-sockets.js';

const HOST = 'activated.example.com';

async function newDataDir(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-activated-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The status, or the code of what went wrong. */
function get(port: number): Promise<string> {
  return new Promise((resolve) => {
    http
      .get({ port, host: '127.0.0.1', agent: false, headers: { host: HOST } }, (response) => {
        response.resume();
        response.once('end', () => resolve(`${response.statusCode}`));
      })
      .once('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}`));
  });
}

test('with passed sockets nobody is refused over a restart, and every listener is the passed one', async () => {
  const sockets = holdSockets(['api', 'edge', 'http', 'https', 'dns', `tcp-${HOST}`]);
  onTestFinished(sockets.close);
  const flags = ['--data-dir', await newDataDir(), '--tcp', `0=${HOST}`];
  const first = await sockets.start(flags);
  onTestFinished(() => void first.process.kill('SIGKILL'));
  const at = (name: string) => `127.0.0.1:${sockets.ports[name]}`;
  expect(first.ready).toMatchObject({
    api_url: `http://${at('api')}/client/v4`,
    edge: at('edge'),
    http: at('http'),
    https: at('https'),
    dns: at('dns'),
    tcp: { [HOST]: at(`tcp-${HOST}`) },
  });
  const api = apiOf({
    apiUrl: first.ready.api_url,
    accountId: first.ready.account_id,
    zoneId: first.ready.zone_id,
  });
  const origin = http.createServer((_request, response) => response.end('ok'));
  await once(origin.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void origin.close());
  const { port } = origin.address() as { port: number };
  const pool = await api.create('@/load_balancers/pools', {
    name: 'pool',
    origins: [{ name: 'a', address: 'localhost', port }],
  });
  await api.create('%/load_balancers', { name: HOST, default_pools: [pool.id], fallback_pool: pool.id });

  const outcomes = new Set<string>();
  let done = false;
  const visiting = (async () => {
    while (!done) outcomes.add(await get(sockets.ports.http!));
  })();
  const gone = once(first.process, 'exit');
  first.process.kill('SIGTERM');
  expect(await gone).toEqual([0, null]);
  // Nobody serves now, and still nobody is refused: the kernel keeps them.
  const whileNobodyServes = [
    get(sockets.ports.http!),
    api.get('/accounts').then(({ status }) => `${status}`),
  ];
  const second = await sockets.start(flags);
  onTestFinished(() => void second.process.kill('SIGKILL'));
  expect(await Promise.all(whileNobodyServes)).toEqual(['200', '200']);
  done = true;
  await visiting;
  expect([...outcomes]).toEqual(['200']);
});

test.each([
  ['a name that no listener has', ['offramp.socket'], [], /"offramp\.socket".*api, edge, http, https, dns/],
  ['a port without a --tcp', ['tcp-5432'], [], /"tcp-5432"/],
  ['the same name twice', ['http', 'http'], [], /"http".*twice/],
])('%s is refused with the names that there are', async (_what, names, flags, message) => {
  const sockets = holdSockets(names);
  onTestFinished(sockets.close);
  const child = sockets.spawnWith(['--memory', ...flags], 'pipe');
  const err = text(child.stderr!);
  expect(await once(child, 'exit')).toEqual([2, null]);
  expect(await err).toMatch(message);
});

test('an API socket that others can reach is refused with --auth any', async () => {
  const sockets = holdSockets(['api'], '0.0.0.0');
  onTestFinished(sockets.close);
  const ports = ['edge-', 'http-', 'https-', 'dns-'].flatMap((name) => [`--${name}port`, '0']);
  const child = sockets.spawnWith(['--memory', ...ports], 'pipe');
  const err = text(child.stderr!);
  expect(await once(child, 'exit')).toEqual([2, null]);
  expect(await err).toMatch(/0\.0\.0\.0.*--api-token/);
});
