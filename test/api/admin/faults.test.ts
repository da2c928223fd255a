import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiOf } from '../../support/api.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';
import { eventually } from '../../support/waiting.js';

const TOKEN = 'a-token-for-the-faults-of-this-test';
const SLOW = { address: '10.0.0.9', latency_ms: 1 };
let offramp: RunningOfframp;

beforeAll(async () => {
  offramp = await startOfframp(['--auth', 'strict', '--api-token', TOKEN, '--direct-network=127.0.0.0/8']);
});
afterAll(() => offramp.stop());

const faults = (method: string, body?: unknown, token = TOKEN, query = '') =>
  own(`faults${query}`, method, body, token);
const clock = (method: string, body?: unknown) => own('clock', method, body);

async function own(target: string, method: string, body?: unknown, token = TOKEN) {
  const response = await fetch(new URL(`/_offramp/${target}`, offramp.apiUrl), {
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
  const own = { name: expect.stringMatching(/^fault-\d+$/), on: 'health', hits: 0, expires_at: null };
  const shown = { ...own, ...fault, pool_id: null, latency_ms: 0 };
  expect(await faults('PUT', { faults: [fault] })).toMatchObject({
    status: 200,
    body: { result: { faults: [shown] } },
  });
  expect((await faults('GET')).body.result).toEqual({ faults: [shown] });
  const slow = { address: 'App.Example.com.', latency_ms: 300 };
  await faults('PUT', { faults: [slow] });
  expect((await faults('GET')).body.result.faults).toEqual([
    { ...own, address: 'app.example.com', region: null, pool_id: null, reason: null, latency_ms: 300 },
  ]);
  expect((await faults('DELETE')).body.result).toEqual({ faults: [] });
  expect((await faults('GET')).body.result).toEqual({ faults: [] });
});

test('faults are for those who may use the API', async () => {
  const bodies = { GET: undefined, PUT: { faults: [] }, POST: SLOW, DELETE: undefined };
  for (const [method, body] of Object.entries(bodies))
    expect((await faults(method, body, 'someone-else')).status).toBe(403);
});

test('faults of every kind are added and removed one by one, by their names, and listed in their order', async () => {
  const all = [
    { name: 'slow-checks', ...SLOW },
    { name: 'lossy', on: 'traffic', address: '10.0.0.1', port: 80, latency_ms: 5, share: 0.5 },
    { name: 'api-down', on: 'api', path: '/client/v4/nowhere/**', status: 503, retry_after_seconds: 7 },
    { name: 'far', on: 'traffic', client: '192.0.2.1', direction: 'both', bytes_per_second: 1000 },
    { name: 'cut', on: 'traffic', tunnel_id: '1D1D1D1D-2222-4333-8444-555555555555', reset: true },
  ];
  for (const fault of all) {
    const { status, body } = await faults('POST', fault);
    expect([status, body.result.name, body.result.hits]).toEqual([200, fault.name, 0]);
  }
  const names = async () => (await faults('GET')).body.result.faults.map((one: { name: string }) => one.name);
  expect(await names()).toEqual(all.map(({ name }) => name));
  expect((await faults('GET')).body.result.faults.slice(1)).toMatchObject([
    { address: '10.0.0.1', port: 80, direction: 'downstream', share: 0.5, reset: false, after_bytes: null },
    { on: 'api', path: '/nowhere/**', method: null, status: 503, retry_after_seconds: 7, one_in: 1 },
    { client: '192.0.2.1/32', address: null, direction: 'both', share: 1, bytes_per_second: 1000 },
    { tunnel_id: '1d1d1d1d-2222-4333-8444-555555555555', reset: true, black_hole: false, after_bytes: 0 },
  ]);
  const taken = await faults('POST', { name: 'far', ...SLOW });
  expect([taken.status, taken.body.errors]).toEqual([
    409,
    [{ code: 10409, message: expect.stringContaining('the name "far" is set already') }],
  ]);
  for (const name of ['api-down', 'far']) {
    const left = await faults('DELETE', undefined, TOKEN, `?name=${name}`);
    expect(left.body.result.faults).toHaveLength(name === 'far' ? 3 : 4);
  }
  expect(await names()).toEqual(['slow-checks', 'lossy', 'cut']);
  const missing = await faults('DELETE', undefined, TOKEN, '?name=far');
  expect([missing.status, missing.body.errors[0]]).toEqual([
    404,
    { code: 10404, message: expect.stringContaining('No fault with the name "far" is set') },
  ]);
  expect((await faults('DELETE')).body.result).toEqual({ faults: [] });
});

test('a fault without a name gets one that nobody has, and two of one name are refused together', async () => {
  const many = await faults('PUT', {
    faults: [SLOW, { ...SLOW, name: 'mine' }, { on: 'api', status: 500, path: '/x' }],
  });
  const names = many.body.result.faults.map(({ name }: { name: string }) => name);
  expect(new Set(names).size).toBe(3);
  expect(names[1]).toBe('mine');
  const [, next] = /^fault-(\d+)$/.exec(names[2])!;
  await faults('POST', { ...SLOW, name: `fault-${Number(next) + 2}` });
  const { name } = (await faults('POST', SLOW)).body.result;
  expect([...names, `fault-${Number(next) + 2}`]).not.toContain(name);
  const twice = await faults('PUT', {
    faults: [
      { ...SLOW, name: 'a' },
      { ...SLOW, name: 'a' },
    ],
  });
  expect(twice.status).toBe(409);
  expect((await faults('GET')).body.result.faults).toHaveLength(5);
  await faults('DELETE');
});

test('a fault with seconds tells when it ends, and ends by itself, by the clock that tests set', async () => {
  await clock('POST', { stop: true, set: '2030-01-31T12:00:00Z' });
  await faults('POST', { name: 'short', seconds: 60, ...SLOW });
  await faults('POST', { name: 'short-too', seconds: 60, on: 'api', path: '/nowhere', status: 500 });
  await faults('POST', { name: 'lasting', seconds: 61, on: 'traffic', address: '10.0.0.1', latency_ms: 1 });
  const ends = async () =>
    (await faults('GET')).body.result.faults.map(
      ({ name, expires_at }: { name: string; expires_at: string }) => [name, expires_at],
    );
  const lasting = ['lasting', '2030-01-31T12:01:01.000Z'];
  await clock('POST', { advance_ms: 59_999 });
  expect(await ends()).toEqual([
    ['short', '2030-01-31T12:01:00.000Z'],
    ['short-too', '2030-01-31T12:01:00.000Z'],
    lasting,
  ]);
  await clock('POST', { advance_ms: 1 });
  expect(await ends()).toEqual([lasting]);
  await clock('POST', { advance_ms: 1_000 });
  expect(await ends()).toEqual([]);
  await clock('DELETE');
});

test.each([
  [{ on: 'weather' }, /^on must be health, traffic or api$/],
  ['text', /must be an object/],
  [{ ...SLOW, name: 'a b' }, /^name must be letters, digits/],
  [{ ...SLOW, seconds: 86_401 }, /^seconds is not in range \[1, 86400\]$/],
  [{ on: 'traffic', latency_ms: 1 }, /^needs one of address, pool_id, tunnel_id and client, .* has 0$/],
  [{ on: 'traffic', address: 'a', client: '::1', latency_ms: 1 }, /has 2$/],
  [{ on: 'traffic', client: 'a', latency_ms: 1 }, /^client must be an IP address, or a network/],
  [{ on: 'traffic', client: '::1', port: 1, latency_ms: 1 }, /^port goes with an address$/],
  [{ on: 'traffic', address: 'a' }, /^does nothing: needs a latency_ms/],
  [{ on: 'traffic', address: 'a', latency_ms: 0, reset: false }, /^does nothing/],
  [
    { on: 'traffic', address: 'a', reset: true, black_hole: true },
    /^can have one of close_after_bytes, reset/,
  ],
  [
    { on: 'traffic', address: 'a', after_bytes: 1, latency_ms: 1 },
    /^after_bytes says when reset or black_hole/,
  ],
  [{ on: 'traffic', address: 'a', latency_ms: 1, share: 0 }, /^share must be above 0$/],
  [
    { on: 'traffic', address: 'a', latency_ms: 1, direction: 'up' },
    /^direction must be upstream, downstream or/,
  ],
  [{ on: 'api' }, /^does nothing: needs a status, or a delay_ms above 0$/],
  [{ on: 'api', status: 404 }, /^status must be 403, 429, or from 500 to 599$/],
  [{ on: 'api', delay_ms: 1, retry_after_seconds: 1 }, /^retry_after_seconds goes with a status$/],
  [{ on: 'api', status: 500, path: 'zones' }, /^path must begin with \//],
  [{ on: 'api', status: 500, path: '/zones/**/x' }, /^path must begin with \//],
  [{ on: 'api', status: 500, method: 'get' }, /^method must be one of GET, POST/],
])('one fault that says nothing, or nothing that can be, is refused: %j', async (body, message) => {
  const answer = await faults('POST', body);
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0].message).toMatch(message);
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
  const more = await faults('POST', SLOW);
  expect([more.status, more.body.errors[0].code]).toEqual([400, 10410]);
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
  await eventually(async () => (await faults('GET')).body.result.faults[0].hits > 0);
  await seenBy('WEU', 'OC');
  expect(await healthy()).toEqual({ WEU: false, ENAM: true, OC: false });
  await faults('DELETE');
  expect(await healthy()).toEqual({ WEU: true, ENAM: true, OC: true });
});
