import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
beforeEach(() => own('DELETE', ''));

async function own(method: string, query: string, token = 'test-token') {
  const url = new URL(`/_offramp/api-requests${query}`, offramp.apiUrl);
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const body: any = await response.json();
  return { status: response.status, body };
}
const found = async (query: string) => (await own('GET', query)).body;

test('what was asked is there with its body and its operation, newest first', async () => {
  const { id } = await api.create('@/load_balancers/monitors', { type: 'tcp', port: 80 });
  const { headers } = await api.get(`@/load_balancers/monitors/${id}?a=b`);

  const { count, requests } = await found('');
  expect(count).toBe(2);
  expect(requests[0]).toMatchObject({
    ray: headers.get('cf-ray'),
    client_ip: '127.0.0.1',
    method: 'GET',
    path: `/accounts/${offramp.accountId}/load_balancers/monitors/${id}`,
    query: 'a=b',
    operation: 'account-load-balancer-monitors-monitor-details',
    status: 200,
    errors: [],
    body: null,
  });
  expect(requests[0].credential).toMatch(/^[0-9a-f]{32}$/);
  expect(requests[1]).toMatchObject({ method: 'POST', status: 200, body: { type: 'tcp', port: 80 } });
});

test('what was refused says why, also before it was read', async () => {
  await api.post('@/load_balancers/pools', { name: 'eu' });
  await api.get('/accounts/none/of/that');
  await fetch(`${offramp.apiUrl}/accounts`);
  await api.call('POST', '@/load_balancers/pools', '{not json');
  const { count, requests } = await found('?refused=true');
  expect(count).toBe(4);
  expect(
    requests.map(({ status, errors }: { status: number; errors: { code: number }[] }) => [
      status,
      errors[0]?.code,
    ]),
  ).toEqual([
    [400, 1002],
    [400, 9106],
    [404, 7003],
    [400, 1002],
  ]);
  expect(requests[3]).toMatchObject({
    body: { name: 'eu' },
    errors: [{ message: expect.stringContaining('origins') }],
  });
  expect(requests[2].operation).toBeNull();
  expect(requests[1].credential).toBeNull();
});

test('filters, and what misses the fewest of them', async () => {
  await api.get('@/load_balancers/pools');
  await api.get('@/load_balancers/monitors');
  const pools = `/accounts/${offramp.accountId}/load_balancers/pools`;
  for (const [query, count] of [
    ['?method=get', 2],
    [`?path=${pools}`, 1],
    [`?path=/client/v4${pools}`, 1],
    ['?path=/accounts/**', 2],
    ['?path=/accounts/*/load_balancers/pools', 1],
    ['?path=/accounts/*', 0],
    ['?operation=account-load-balancer-pools-list-pools', 1],
    ['?status=200&refused=false', 2],
    ['?refused=true', 0],
    ['?since=2099-01-01T00:00:00Z', 0],
    ['?limit=0', 2],
  ] as const)
    expect([query, (await found(query)).count]).toEqual([query, count]);
  const { nearest } = await found('?method=POST&operation=account-load-balancer-pools-list-pools');
  expect(nearest[0]).toMatchObject({ differs: ['method'], path: pools });
});

test('who waits hears of what comes', async () => {
  const waiting = found('?method=POST&wait=1&timeout_ms=60000');
  await api.create('@/load_balancers/monitors', { type: 'tcp', port: 81 });
  expect((await waiting).count).toBe(1);
  expect((await found('?method=DELETE&wait=1&timeout_ms=1')).count).toBe(0);
});

test('secrets and long bodies are left out, and nothing is kept for ever', async () => {
  await api.create('@/cfd_tunnel', { name: 'one', tunnel_secret: Buffer.alloc(32, 1).toString('base64') });
  await api.create('@/load_balancers/monitors', {
    type: 'http',
    expected_codes: '2xx',
    expected_body: 'x'.repeat(10_000),
    header: { 'X-Long': ['y'.repeat(4000), 'z'.repeat(4000)] },
  });
  const { requests } = await found('');
  expect(requests[0].body).toBeNull();
  expect(requests[1].body).toEqual({ name: 'one', tunnel_secret: '[left out]' });
  for (let i = 0; i < 2_100; i += 50)
    await Promise.all(Array.from({ length: 50 }, () => api.get('/accounts?per_page=5')));
  expect((await found('?limit=0')).count).toBe(2_000);
});

test('a reset forgets them; a token of the API may not see them; a filter that is none is told', async () => {
  await api.get('/accounts');
  await fetch(new URL('/_offramp/reset', offramp.apiUrl), {
    method: 'POST',
    headers: { authorization: 'Bearer test-token' },
  });
  expect((await found('')).count).toBe(0);
  for (const query of ['?metod=GET', '?status=7', '?refused=yes', '?wait=2001', '?path='])
    expect([query, (await own('GET', query)).status]).toEqual([query, 400]);
});
