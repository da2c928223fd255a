import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiOf } from '../../support/api.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

const TOKEN = 'a-token-for-the-faults-of-this-test';
let offramp: RunningOfframp;

beforeAll(async () => {
  offramp = await startOfframp(['--auth', 'strict', '--api-token', TOKEN, '--direct-network=127.0.0.0/8']);
});
afterAll(() => offramp.stop());

async function faults(method: string, body?: unknown, token = TOKEN) {
  const response = await fetch(`${new URL(offramp.apiUrl).origin}/_offramp/faults`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

test('faults are set, shown and cleared as a whole', async () => {
  const fault = { address: '10.0.0.1', region: 'WEU', reason: 'TCP Timeout' };
  const shown = { ...fault, pool_id: null, latency_ms: 0 };
  expect(await faults('PUT', { faults: [fault] })).toMatchObject({
    status: 200,
    body: { result: { faults: [shown] } },
  });
  expect((await faults('GET')).body.result).toEqual({ faults: [shown] });
  const slow = { address: 'App.Example.com.', latency_ms: 300 };
  await faults('PUT', { faults: [slow] });
  expect((await faults('GET')).body.result.faults).toEqual([
    { address: 'app.example.com', region: null, pool_id: null, reason: null, latency_ms: 300 },
  ]);
  expect((await faults('DELETE')).body.result).toEqual({ faults: [] });
  expect((await faults('GET')).body.result).toEqual({ faults: [] });
});

test('faults are for those who may use the API', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    expect((await faults(method, method === 'PUT' ? { faults: [] } : undefined, 'someone-else')).status).toBe(
      403,
    );
  }
});

test.each([
  [{}, /faults/],
  [{ faults: [{ region: 'WEU', reason: 'TCP Timeout' }] }, /faults\[0\].address is required/],
  [{ faults: [{ address: '10.0.0.1' }] }, /needs a reason, or a latency_ms above 0/],
  [{ faults: [{ address: '10.0.0.1', reason: 'bad luck' }] }, /reason must be one of TCP connection failed/],
  [{ faults: [{ address: '10.0.0.1', region: 'EU', reason: 'TCP Timeout' }] }, /region must be one of WNAM/],
  [{ faults: [{ address: '10.0.0.1', reason: 'TCP Timeout', colour: 1 }] }, /colour/],
  [{ faults: [{ address: '10.0.0.1', latency_ms: 60_001 }] }, /latency_ms is not in range/],
  [
    { faults: Array.from({ length: 1_001 }, () => ({ address: 'a', latency_ms: 1 })) },
    /at most 1000 entries/,
  ],
])('a fault that says nothing, or nothing that can be, is refused: %j', async (body, message) => {
  const answer = await faults('PUT', body);
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0].message).toMatch(message);
});

test('more than a thousand faults are refused', async () => {
  const all = (length: number) => ({
    faults: Array.from({ length }, () => ({ address: 'a', latency_ms: 1 })),
  });
  expect((await faults('PUT', all(1_001))).status).toBe(400);
  expect((await faults('PUT', all(1_000))).status).toBe(200);
});

test('T30 regions that see a fault outvote the others at once, and the pool shows what each of them finds', async () => {
  const origin = await httpOrigin((_request, response) => response.end());
  const api = apiOf(offramp, TOKEN);
  const monitor = await api.create('@/load_balancers/monitors', {
    type: 'http',
    port: origin.port,
    expected_codes: '200',
    interval: 60,
  });
  const pool = await api.create('@/load_balancers/pools', {
    name: 'checked-by-three',
    monitor: monitor.id,
    check_regions: ['WEU', 'ENAM', 'OC'],
    origins: [{ name: 'one', address: 'localhost' }],
  });
  const healthy = async () => {
    const { result } = (await api.get(`@/load_balancers/pools/${pool.id}/health`)).body;
    return Object.fromEntries(
      Object.entries<{ healthy: boolean }>(result.pop_health).map(([place, found]) => [
        place.split(' ')[0],
        found.healthy,
      ]),
    );
  };
  const seenBy = (...regions: string[]) =>
    faults('PUT', {
      faults: regions.map((region) => ({ address: 'localhost', region, reason: 'HTTP timeout occurred' })),
    });
  expect(await healthy()).toEqual({ WEU: true, ENAM: true, OC: true });
  await seenBy('WEU');
  expect(await healthy()).toEqual({ WEU: false, ENAM: true, OC: true });
  await seenBy('WEU', 'OC');
  expect(await healthy()).toEqual({ WEU: false, ENAM: true, OC: false });
  await faults('DELETE');
  expect(await healthy()).toEqual({ WEU: true, ENAM: true, OC: true });
});
