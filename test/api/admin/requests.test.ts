import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { apiOf } from '../../support/api.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { type TrafficClient, trafficClient } from '../../support/traffic.js';
import { eventually } from '../../support/waiting.js';

const HOST = 'journal.example.com';
let offramp: SharedOfframp;
let client: TrafficClient;
let made = 0;

beforeAll(async () => {
  offramp = await sharedOfframp();
  client = trafficClient(offramp.http);
});
afterAll(async () => {
  client.close();
  await offramp.stop();
});

async function journal(query = '', method = 'GET') {
  const response = await fetch(new URL(`/_offramp/requests${query}`, offramp.apiUrl), {
    method,
    headers: { authorization: 'Bearer test-token' },
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const body: any = await response.json();
  return { status: response.status, body };
}

const pathsOf = (requests: { path: string }[]) => requests.map(({ path }) => path);

beforeEach(async () => {
  const { port } = await httpOrigin((request, response) => {
    response.statusCode = request.url === '/missing' ? 404 : 200;
    response.end();
  });
  const api = apiOf(offramp);
  const pool = await api.create('@/load_balancers/pools', {
    name: `pool-${++made}`,
    origins: [{ name: 'one', address: 'localhost', port }],
  });
  const [balancer] = (await api.get('%/load_balancers')).body.result;
  const pools = { default_pools: [pool.id], fallback_pool: pool.id };
  if (balancer) await api.patch(`%/load_balancers/${balancer.id}`, pools);
  else await api.create('%/load_balancers', { name: HOST, ...pools });
  expect(await journal('', 'DELETE')).toMatchObject({ status: 200, body: { result: {} } });
});

test('requests are counted, listed up to a limit and forgotten', async () => {
  for (const path of ['/a', '/b', '/missing']) await client.get(HOST, path);
  expect((await journal('?wait=3')).body).toMatchObject({ count: 3, nearest: [] });
  const two = (await journal('?limit=2')).body;
  expect([two.count, pathsOf(two.requests)]).toEqual([3, ['/missing', '/b']]);
  const none = (await journal(`?limit=0&host=${HOST}&status=404`)).body;
  expect(none).toEqual({ count: 1, requests: [], nearest: [] });
  expect(pathsOf((await journal('?path=/b&method=get')).body.requests)).toEqual(['/b']);
  expect((await journal('?method=POST')).body.count).toBe(0);
  await journal('', 'DELETE');
  expect((await journal()).body).toEqual({ count: 0, requests: [], nearest: [] });
});

test('who waits is answered when enough have come, or when the time is over', async () => {
  const waiting = journal('?path=/late&wait=2&timeout_ms=60000');
  await client.get(HOST, '/late');
  expect((await journal('?path=/late&wait=2&timeout_ms=50')).body.count).toBe(1);
  await client.get(HOST, '/late');
  expect((await waiting).body.count).toBe(2);
});

test('what is forgotten while somebody waits counts no more', async () => {
  await client.get(HOST, '/first');
  const waiting = journal('?wait=2&timeout_ms=60000');
  await client.get(HOST, '/second');
  expect((await waiting).body.count).toBe(2);
  const again = journal('?wait=3&timeout_ms=500');
  await journal('', 'DELETE');
  await client.get(HOST, '/third');
  expect((await again).body.count).toBe(1);
});

test('a hundred may wait, one more is told so, and they leave room when they go', async () => {
  const gone = new AbortController();
  const url = new URL('/_offramp/requests?wait=1&path=/never&timeout_ms=60000', offramp.apiUrl);
  const headers = { authorization: 'Bearer test-token' };
  const waiting = Array.from({ length: 100 }, () =>
    fetch(url, { headers, signal: gone.signal }).catch(() => null),
  );
  await eventually(async () => (await journal('?wait=1&timeout_ms=0')).status === 503);
  expect((await journal('?wait=1&timeout_ms=0')).body.errors[0].message).toContain('100 clients wait');
  expect((await client.get(HOST, '/beside')).status).toBe(200);
  gone.abort();
  await Promise.all(waiting);
  await eventually(async () => (await journal('?wait=1&timeout_ms=0')).status === 200);
});

test('when nothing fits, the nearest are told with what differs, and none from before', async () => {
  await client.get(HOST, '/cart');
  await client.get(HOST, '/missing');
  await client.get('unknown.example.com', '/cart');
  await journal('?wait=3');
  const { count, requests, nearest } = (await journal(`?host=${HOST}&path=/cart&status=404`)).body;
  expect([count, requests]).toEqual([0, []]);
  expect(
    nearest.map(({ host, path, status, differs }: Record<string, unknown>) => [host, path, status, differs]),
  ).toEqual([
    [HOST, '/missing', 404, ['path']],
    [HOST, '/cart', 200, ['status']],
    ['unknown.example.com', '/cart', 530, ['host', 'status']],
  ]);
  expect((await journal('?pool=nowhere&client_ip=192.0.2.1')).body.nearest[0].differs).toEqual([
    'client_ip',
    'pool',
  ]);
  const later = new Date(Date.now() + 60_000).toISOString();
  expect((await journal(`?host=nobody&since=${later}`)).body.nearest).toEqual([]);
});

test.each([
  ['?wait=-1', /wait must be a whole number from 0 to 10000/],
  ['?wait=x', /wait must be a whole number from 0 to 10000/],
  ['?wait=', /wait must be a whole number from 0 to 10000/],
  ['?wait=1&wait=2', /wait must be given once/],
  ['?wait=10001', /wait must be a whole number from 0 to 10000/],
  ['?timeout_ms=60001', /timeout_ms must be a whole number from 0 to 60000/],
  ['?limit=1001', /limit must be a whole number from 0 to 1000/],
  ['?status=0x64', /status must be a whole number from 100 to 599/],
  ['?colour=1', /colour/],
])('%s is refused', async (query, message) => {
  const { status, body } = await journal(query);
  expect([status, body.errors[0].message]).toEqual([400, expect.stringMatching(message)]);
});
