import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { httpOrigin } from '../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

const TOKEN = 'a-token-of-more-than-32-characters-0';

let open: RunningOfframp;
let direct: RunningOfframp;
beforeAll(async () => {
  [open, direct] = await Promise.all([
    startOfframp(),
    startOfframp(['--direct-network=192.0.2.0/24', '--direct-network=127.0.0.1']),
  ]);
});
afterAll(() => Promise.all([open.stop(), direct.stop()]));

async function startStrict(...flags: string[]): Promise<RunningOfframp> {
  const offramp = await startOfframp(['--api-token', TOKEN, ...flags]);
  onTestFinished(async () => void (await offramp.stop()));
  return offramp;
}

/** A load balancer whose one origin, checked every time by HTTP, is `localhost` of this machine. */
async function balance(offramp: RunningOfframp) {
  const requests: string[] = [];
  const { port } = await httpOrigin((request, response) => {
    requests.push(request.url!);
    response.end('inside');
  });
  const api = apiOf(offramp, TOKEN);
  const monitor = await api.create('@/load_balancers/monitors', {
    type: 'http',
    port,
    path: '/check',
    expected_codes: '200',
  });
  const pool = await api.create('@/load_balancers/pools', {
    name: 'inside',
    monitor: monitor.id,
    origins: [{ name: 'web', address: 'localhost', port }],
  });
  const name = 'inside.example.com';
  await api.create('%/load_balancers', { name, default_pools: [pool.id], fallback_pool: pool.id });
  const client = trafficClient(offramp.http);
  onTestFinished(() => client.close());
  const health = async () => {
    const { body } = await api.get(`@/load_balancers/pools/${pool.id}/health`);
    return JSON.stringify(body.result.pop_health);
  };
  return { get: () => client.get(name), health, requests };
}

test('with strict credentials a name that leads to this machine is neither dialled nor checked', async () => {
  const { get, health, requests } = await balance(await startStrict());
  expect(await get()).toMatchObject({ status: 530, body: expect.stringContaining('error code: 1002') });
  await eventually(async () => (await health()).includes('Network Unreachable'));
  expect(await health()).toMatch(/localhost resolves to (127\.0\.0\.1|::1)\b.*--direct-network/);
  expect(requests).toEqual([]);
});

/** What the answers to writes say of a pool with this origin, and whether it may have a monitor. */
async function written(offramp: RunningOfframp, address: string) {
  const api = apiOf(offramp, TOKEN);
  const monitor = await api.create('@/load_balancers/monitors', { type: 'tcp', port: 80 });
  const pool = { name: `with-${address.replaceAll('.', '-')}`, origins: [{ name: 'web', address }] };
  const stored = await api.post('@/load_balancers/pools', pool);
  const monitored = await api.patch(`@/load_balancers/pools/${stored.body.result.id}`, {
    monitor: monitor.id,
  });
  return { messages: stored.body.messages, monitored: monitored.status };
}

test('an address that is not dialled is stored, and the answer says so; a monitor is refused', async () => {
  expect(await written(open, '192.0.2.1')).toEqual({
    messages: [
      {
        code: 10504,
        message:
          'origins: 192.0.2.1 get no requests: not globally routable, in no virtual network, and not covered by --direct-network',
      },
    ],
    monitored: 400,
  });
});

test('an address in a direct network is as good as a public one', async () => {
  expect(await written(direct, '192.0.2.1')).toEqual({
    messages: [],
    monitored: 200,
  });
});

test('loopback is dialled where every credential counts, and gets no monitor unless it is named', async () => {
  expect(await written(open, '127.0.0.1')).toEqual({ messages: [], monitored: 400 });
  expect(await written(direct, '127.0.0.1')).toEqual({ messages: [], monitored: 200 });
});

test.each([
  [
    'strict credentials and --direct-network',
    () => startStrict('--direct-network=127.0.0.0/8', '--direct-network=::1'),
  ],
  ['every credential', async () => open],
])('with %s it is dialled and checked', async (_, program) => {
  const { get, health, requests } = await balance(await program());
  await eventually(async () => (await health()).includes('"healthy":true'));
  expect(await get()).toMatchObject({ status: 200, body: 'inside' });
  expect(requests).toContain('/check');
});
