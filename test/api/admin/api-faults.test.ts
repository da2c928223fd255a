import { afterEach, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { eventually } from '../../support/waiting.js';

let offramp: SharedOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterEach(() => own('DELETE'));

async function own(method: string, body?: object, query = '') {
  const response = await fetch(new URL(`/_offramp/faults${query}`, offramp.apiUrl), {
    method,
    headers: {
      authorization: 'Bearer test-token',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  return { status: response.status, body: (await response.json()) as any };
}

const fault = (fields: object) => own('POST', { on: 'api', ...fields });
const hits = async () => (await own('GET')).body.result.faults.map((one: { hits: number }) => one.hits);
const POOL = { name: 'a-pool', origins: [{ name: 'one', address: '192.0.2.1' }] };

test('a 429 looks like the one of the rate limit, and has the Retry-After that was asked for', async () => {
  await fault({ name: 'busy', status: 429, retry_after_seconds: 7 });
  const { status, headers, body } = await api.get('@/load_balancers/pools');
  expect([status, headers.get('retry-after'), headers.get('offramp-fault')]).toEqual([429, '7', 'busy']);
  expect(headers.get('cf-ray')).toBeTruthy();
  expect(body).toEqual({
    success: false,
    errors: [{ code: 10429, message: 'Please wait and consider throttling your request speed' }],
    messages: [],
    result: null,
  });
  await own('DELETE');
  const after = await api.get('@/load_balancers/pools');
  expect([after.status, after.headers.get('offramp-fault')]).toEqual([200, null]);
});

test.each([
  [500, { code: 1000, message: 'Internal server error' }, null],
  [503, { code: 1000, message: expect.stringMatching(/^Service failure: /) }, '1'],
  [522, { code: 1000, message: 'Internal server error' }, null],
  [403, { code: 10000, message: 'Authentication error' }, null],
])(
  'a status of %i comes in the frame of the API, and the change is not made',
  async (code, error, retryAfter) => {
    await fault({ status: code, method: 'POST' });
    const { status, headers, body } = await api.call('POST', '@/load_balancers/pools', POOL);
    expect([status, body.success, body.errors, headers.get('retry-after')]).toEqual([
      code,
      false,
      [error],
      retryAfter,
    ]);
    expect((await api.get('@/load_balancers/pools')).body.result).toEqual([]);
  },
);

test('it strikes by method and path, and nothing else', async () => {
  await fault({ method: 'GET', path: '/client/v4/accounts/*/load_balancers/pools', status: 500 });
  expect((await api.get('@/load_balancers/pools')).status).toBe(500);
  expect((await api.get('@/load_balancers/pools?per_page=5')).status).toBe(500);
  expect((await api.get(`@/load_balancers/pools/${'0'.repeat(32)}`)).status).toBe(404);
  expect((await api.get('@/load_balancers/monitors')).status).toBe(200);
  expect((await api.call('POST', '@/load_balancers/pools', {})).status).toBe(400);
  await own('PUT', { faults: [{ on: 'api', path: '/accounts/*/load_balancers/**', status: 500 }] });
  for (const path of [
    '@/load_balancers',
    '@/load_balancers/pools',
    `@/load_balancers/pools/${'0'.repeat(32)}`,
  ])
    expect((await api.get(path)).status).toBe(500);
  expect((await api.get('@/cfd_tunnel')).status).toBe(200);
});

test('one in three: the first, the fourth and so on, counted by what fits', async () => {
  await fault({ path: '/zones', one_in: 3, status: 503 });
  const statuses: number[] = [];
  for (let request = 0; request < 7; request += 1) {
    statuses.push((await api.get('/zones')).status);
    await api.get('/accounts');
  }
  expect(statuses).toEqual([503, 200, 200, 503, 200, 200, 503]);
  expect(await hits()).toEqual([3]);
});

test('a fault whose turn it is not leaves the request to the next one', async () => {
  await fault({ path: '/zones', one_in: 2, status: 503 });
  await fault({ path: '/zones', status: 429 });
  const statuses = [];
  for (let request = 0; request < 4; request += 1) statuses.push((await api.get('/zones')).status);
  expect(statuses).toEqual([503, 429, 503, 429]);
});

test('a delay holds requests up until it is over, or the fault is removed', async () => {
  await fault({ name: 'slow', path: '/zones', delay_ms: 60_000 });
  const held = api.get('/zones');
  await eventually(async () => (await hits())[0] === 1);
  expect((await api.get('/accounts')).status).toBe(200);
  await own('DELETE', undefined, '?name=slow');
  const { status, headers } = await held;
  expect([status, headers.get('offramp-fault')]).toEqual([200, 'slow']);
  await fault({ path: '/zones', delay_ms: 1, status: 500 });
  expect((await api.get('/zones')).status).toBe(500);
});

test('what is for tests, and who has no credential, is not struck; a reset ends all', async () => {
  await fault({ status: 500 });
  expect((await own('GET')).status).toBe(200);
  for (const path of ['/_offramp/health', '/_offramp/ready', '/healthz'])
    expect((await fetch(new URL(path, offramp.apiUrl))).status).toBe(200);
  expect((await fetch(`${offramp.apiUrl}/zones`)).status).toBe(400);
  expect((await api.get('/zones')).status).toBe(500);
  await fetch(new URL('/_offramp/reset', offramp.apiUrl), {
    method: 'POST',
    headers: { authorization: 'Bearer test-token' },
  });
  expect((await own('GET')).body.result.faults).toEqual([]);
  expect((await api.get('/zones')).status).toBe(200);
});
