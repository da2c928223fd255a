import { expect, test } from 'vitest';
import type { RequestFilter, RequestReport } from '../../src/bridge/reports.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { newest } from '../support/request-filters.js';
import { eventually } from '../support/waiting.js';
import { ask } from './ask.js';
import { httpOrigin, rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, type Rig, startRig } from './rig.js';

const ALL = newest(100);

const good = () => httpOrigin((_request, response) => response.end('good'));
const logged = (rig: Rig, filter: Partial<RequestFilter> = {}) => rig.requests.find({ ...ALL, ...filter });

async function only(rig: Rig): Promise<RequestReport> {
  await eventually(() => logged(rig).length === 1);
  return logged(rig)[0]!;
}

/** The first origin has nearly all the weight. */
const rigOf = (first: number, ...others: number[]) =>
  startRig({
    failures: { '127.0.0.1:9': 'refused' },
    upsert: {
      pool: [
        unmonitoredPool({
          id: 'a',
          name: 'pool a',
          origins: [
            liveOrigin({ name: 'first', port: first }),
            ...others.map((port) => liveOrigin({ name: 'other', port, weight: 1e-12 })),
          ],
        }),
      ],
      load_balancer: [liveLoadBalancer({ name: HOST, id: 'lb', defaultPools: ['a'] })],
    },
  });

test('a request is found with what it asked, who answered and why, and without its secrets', async () => {
  const { port } = await good();
  const rig = await rigOf(port);
  const before = Date.now();
  const answer = await ask(rig.port, {
    method: 'POST',
    path: '/cart/1?token=secret',
    headers: { cookie: 'sid=secret', authorization: 'Bearer secret' },
    body: 'secret',
  });
  const report = await only(rig);
  expect(report).toEqual({
    ray: answer.headers['cf-ray'],
    at: expect.any(Number),
    durationMs: expect.any(Number),
    firstByteMs: expect.any(Number),
    responseBytes: 4,
    clientIp: '127.0.0.1',
    method: 'POST',
    host: HOST,
    path: '/cart/1',
    status: 200,
    error: null,
    detail: null,
    loadBalancer: { id: 'lb', name: HOST },
    publishedHostname: null,
    pool: { id: 'a', name: 'pool a' },
    origin: { name: 'first', address: '127.0.0.1' },
    offRamp: { kind: 'direct', tunnelId: null },
    failedAttempts: [],
    faults: [],
    decision: { poolSet: null, rules: [], policy: 'off', candidates: ['a'], skipped: [], pin: 'none' },
  });
  expect(report.at).toBeGreaterThanOrEqual(before);
  expect(JSON.stringify(logged(rig))).not.toContain('secret');
  expect(logged(rig, { ray: answer.headers['cf-ray'] as string })).toHaveLength(1);
  expect(logged(rig, { status: 500 })).toEqual([]);
});

test('a retried request tells who failed, and one without an answer tells the error', async () => {
  const { port } = await good();
  const retried = await rigOf(9, port);
  await ask(retried.port);
  expect(await only(retried)).toMatchObject({
    status: 200,
    error: null,
    origin: { name: 'other' },
    failedAttempts: [{ pool: 'pool a', origin: 'first', failure: 'refused' }],
  });
  const failed = await rigOf(9);
  await ask(failed.port);
  expect(await only(failed)).toMatchObject({
    status: 521,
    error: 'refused',
    origin: { name: 'first' },
    failedAttempts: [{ failure: 'refused' }],
  });
});

test('a name that no load balancer has is logged too, without one', async () => {
  const rig = await rigOf(9);
  await ask(rig.port, { host: 'nobody.example.com' });
  expect(await only(rig)).toMatchObject({
    host: 'nobody.example.com',
    status: 530,
    error: 'unknown_load_balancer',
    loadBalancer: null,
    origin: null,
  });
});

test('a client that goes away before the answer leaves no status', async () => {
  let asked = () => {};
  const arrived = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const silent = await rawOrigin((socket) => socket.on('data', () => asked()));
  const rig = await rigOf(silent.port);
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await arrived;
  client.socket.destroy();
  expect(await only(rig)).toMatchObject({ status: null, error: 'client_gone', origin: { name: 'first' } });
});

test('a response that breaks off keeps its status and tells why it broke', async () => {
  const broken = await rawOrigin((socket) => {
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      setImmediate(() => socket.destroy());
    });
  });
  const rig = await rigOf(broken.port);
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.closed();
  expect(await only(rig)).toMatchObject({ status: 200, error: 'invalid_response' });
});

test('an upgraded connection is logged at its upgrade', async () => {
  const switching = await rawOrigin((socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
  });
  const rig = await rigOf(switching.port);
  const client = await rawClient(rig.port);
  client.send(`GET /ws HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  await client.receive((text) => text.includes(' 101 '));
  expect(await only(rig)).toMatchObject({ status: 101, path: '/ws', error: null });
});

test('of a decision among very many pools the beginning is kept', async () => {
  const { port } = await good();
  const ids = Array.from({ length: 1_000 }, (_, index) => `off-${index}`);
  const rig = await startRig({
    upsert: {
      pool: [
        ...ids.map((id) => unmonitoredPool({ id, enabled: false, origins: [liveOrigin({ port })] })),
        unmonitoredPool({ id: 'on', origins: [liveOrigin({ port })] }),
      ],
      load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ids, fallbackPool: 'on' })],
    },
  });
  await ask(rig.port);
  const { decision } = await only(rig);
  expect(decision?.candidates).toEqual(ids.slice(0, 32));
  expect(decision?.skipped).toEqual(ids.slice(0, 32).map((poolId) => ({ poolId, reason: 'disabled' })));
});
