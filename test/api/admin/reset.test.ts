import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { fillEveryNoun, LISTS } from '../../support/every-noun.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';
import { trafficClient } from '../../support/traffic.js';
import { eventually } from '../../support/waiting.js';

const TOKEN = 'a-token-for-the-resets-of-this-test-0';
let offramp: RunningOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await startOfframp(['--api-token', TOKEN, '--direct-network=127.0.0.0/8', '--rate-limit=100000']);
  api = apiOf(offramp, TOKEN);
});
afterAll(() => offramp.stop());

async function own(
  method: string,
  target: string,
  { apiUrl }: Pick<RunningOfframp, 'apiUrl'> = offramp,
  token = TOKEN,
) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(new URL(`/_offramp/${target}`, apiUrl), { method, headers });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const body: any = await response.json();
  return { status: response.status, body };
}

/** Without times, which are those of now. */
const state = async (client: Api) => {
  const found: Record<string, unknown> = {};
  for (const target of LISTS) {
    const { status, body } = await client.get(target);
    // Each account has a virtual network and subnets, which get ids, and so an order, when they are made.
    const plain = (value: unknown) =>
      JSON.stringify(value)
        .replaceAll(/"20\d\d-[^"]*Z"/g, '"a time"')
        .replaceAll(/"[0-9a-f]{8}-[0-9a-f-]{27}"/g, '"an id"');
    const { result } = body;
    found[target] = [status, Array.isArray(result) ? result.map(plain).sort() : plain(result)];
  }
  return found;
};

test('after a reset everything is as after the first start, whatever there was, and traffic follows', async () => {
  const origin = await httpOrigin((_request, response) => response.end('one'));
  const client = trafficClient(offramp.http);
  onTestFinished(() => client.close());
  const before = await state(api);
  for (let round = 0; round < 2; round += 1) {
    await fillEveryNoun(api, origin.port, offramp.zoneId);
    await eventually(async () => (await api.get('@/load_balancing_analytics/events')).body.result.length > 0);
    const filled = await state(api);
    expect(
      Object.keys(filled).filter(
        (target) => JSON.stringify(filled[target]) === JSON.stringify(before[target]),
      ),
    ).toEqual([]);
    expect((await client.get('one.example.com')).status).toBe(200);
    expect((await own('GET', 'requests')).body.requests).toHaveLength(1 + round);

    const { status, body } = await own('POST', 'reset?to=empty');
    expect([status, body.result]).toEqual([
      200,
      { account_id: offramp.accountId, zone_id: offramp.zoneId, domain: offramp.domain },
    ]);
    expect(await state(api)).toEqual(before);
    expect((await own('GET', 'requests')).body.requests).toEqual([]);
    expect((await client.get('one.example.com')).status).toBe(530);
  }
});

test('what stands in no database goes as well: faults, quick tunnels, counts of requests', async () => {
  const open = await startOfframp(['--rate-limit=100']);
  onTestFinished(async () => void (await open.stop()));
  const anybody = apiOf(open);
  const tunnel = await fetch(new URL('/tunnel', open.apiUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  }).then((answer) => answer.json() as Promise<{ result: { hostname: string } }>);
  const client = trafficClient(open.http);
  onTestFinished(() => client.close());
  const published = tunnel.result.hostname.split(':')[0]!;
  // There is such a tunnel, and no connector of it.
  expect(await client.get(published)).toMatchObject({ body: expect.stringContaining('1033') });
  const fault = { address: '10.0.0.1', reason: 'TCP Timeout' };
  const faults = new URL('/_offramp/faults', open.apiUrl);
  const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' };
  await fetch(faults, { method: 'PUT', headers, body: JSON.stringify({ faults: [fault] }) });
  expect((await own('GET', 'faults', open, 'test-token')).body.result.faults).toHaveLength(1);

  await own('POST', 'reset', open, 'test-token');
  const { headers: counted } = await anybody.get('/accounts');
  expect(counted.get('x-ratelimit-remaining')).toBe('99');
  expect((await own('GET', 'faults', open, 'test-token')).body.result.faults).toEqual([]);
  expect(await client.get(published)).toMatchObject({
    status: 530,
    body: expect.not.stringContaining('1033'),
  });
});

test('resets beside traffic and writers break nothing off, and the last one wins', async () => {
  const client = trafficClient(offramp.http);
  onTestFinished(() => client.close());
  const statuses = new Set<number>();
  let done = false;
  const visitor = async () => {
    while (!done) statuses.add((await client.get('one.example.com')).status);
  };
  const { port } = await httpOrigin((_request, response) => response.end('one'));
  const writes = new Set<number>();
  const writer = async () => {
    for (let i = 0; !done; i += 1) {
      const origins = [{ name: 'one', address: '127.0.0.1', port }];
      const pool = await api.post('@/load_balancers/pools', { name: `pool-${i}`, origins });
      writes.add(pool.status);
      if (pool.status !== 200) continue;
      const balancer = { default_pools: [pool.body.result.id], fallback_pool: pool.body.result.id };
      writes.add((await api.post('%/load_balancers', { name: 'one.example.com', ...balancer })).status);
    }
  };
  const busy = [visitor(), visitor(), writer()];
  for (let i = 0; i < 20; i += 1) expect((await own('POST', 'reset')).status).toBe(200);
  done = true;
  await Promise.all(busy);
  // Between the two halves of a reset there is no account; then the pool may be gone, or its name taken.
  for (const status of writes) expect([200, 400, 404]).toContain(status);
  for (const status of statuses) expect([200, 530]).toContain(status);
  await own('POST', 'reset');
  expect((await api.get('@/load_balancers/pools')).body.result).toEqual([]);
});

test('where something stays, what is for tests takes --test-control, and lasts', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-reset-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const careful = await startOfframp(['--data-dir', dataDir]);
  await apiOf(careful).create('@/teamnet/virtual_networks', { name: 'kept' });
  for (const [method, target] of [
    ['POST', 'reset'],
    ['DELETE', 'faults'],
    ['DELETE', 'clock'],
    ['DELETE', 'faults?name=x'],
  ] as const) {
    const { status, body } = await own(method, target, careful, 'test-token');
    expect([status, body.errors]).toEqual([
      403,
      [
        {
          code: 10405,
          message: `${method} /_offramp/${target.split('?')[0]} is for tests: it takes an Offramp that keeps nothing (--memory), or one that was started with --test-control`,
        },
      ],
    ]);
  }
  const names = async (program: RunningOfframp) =>
    (await apiOf(program).get('@/teamnet/virtual_networks')).body.result.map(
      ({ name }: { name: string }) => name,
    );
  expect(await names(careful)).toEqual(['default', 'kept']);
  await careful.stop();

  const tested = await startOfframp(['--data-dir', dataDir, '--test-control']);
  expect(await names(tested)).toEqual(['default', 'kept']);
  expect((await own('POST', 'reset', tested, 'test-token')).body.result.account_id).toBe(careful.accountId);
  await tested.stop();
  const again = await startOfframp(['--data-dir', dataDir]);
  expect([await names(again), again.accountId, again.zoneId]).toEqual([
    ['default'],
    careful.accountId,
    careful.zoneId,
  ]);
  await again.stop();
});
