import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { LAB_FLAGS } from '../../support/lab.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { eventually } from '../../support/waiting.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '/user/load_balancing_analytics/events';
const LB = '@/load_balancers';

beforeAll(async () => {
  offramp = await sharedOfframp(LAB_FLAGS);
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

// biome-ignore lint/suspicious/noExplicitAny: answers have every shape.
async function events(query: Record<string, string> = {}): Promise<any[]> {
  const { status, body } = await api.get(`${PATH}?${new URLSearchParams(query)}`);
  expect(status).toBe(200);
  return body.result;
}

const createPool = (name: string, monitor: string, origins: object[], fields: object = {}) =>
  api.create(`${LB}/pools`, { name, monitor, origins, ...fields });

test('each turn of an origin is an event, newest first, and can be found by every filter', async () => {
  let up = true;
  const { port } = await httpOrigin((_request, response) => response.writeHead(up ? 200 : 500).end());
  const monitor = await api.create(`${LB}/monitors`, {
    expected_codes: '200',
    port,
    interval: 1,
    timeout: 1,
  });
  const before = new Date().toISOString();
  const origins = [
    { name: 'here', address: 'localhost' },
    { name: 'off', address: '1.1.1.1', enabled: false },
  ];
  const pool = await createPool('turning', monitor.id, origins);
  await eventually(async () => (await events()).length === 1);
  up = false;
  await eventually(async () => (await events()).length === 2);
  const middle = (await events())[0].timestamp;
  up = true;
  await eventually(async () => (await events()).length === 3);

  const all = await events();
  expect(all[1]).toEqual({
    id: expect.any(Number),
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    pool: { id: pool.id, name: 'turning', healthy: false, changed: true, minimum_origins: 1 },
    origins: [
      {
        name: 'here',
        address: 'localhost',
        ip: '',
        enabled: true,
        healthy: false,
        changed: true,
        failure_reason: 'Response code mismatch error',
      },
      {
        name: 'off',
        address: '1.1.1.1',
        ip: '1.1.1.1',
        enabled: false,
        healthy: false,
        changed: false,
        failure_reason: 'No failures',
      },
    ],
  });
  const [back, down, first] = all;
  expect(all.map(({ pool: { healthy } }) => healthy)).toEqual([true, false, true]);
  expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => b - a));
  for (const [query, found] of [
    [{ pool_id: pool.id }, all],
    [{ pool_id: '0'.repeat(32) }, []],
    [{ pool_name: 'turning' }, all],
    [{ pool_name: "turn%' or 1=1 --" }, []],
    [{ pool_healthy: 'false' }, [down]],
    [{ pool_healthy: 'true' }, [back, first]],
    [{ origin_name: 'here' }, all],
    [{ origin_name: 'nobody' }, []],
    [{ origin_healthy: 'true' }, [back, first]],
    [{ origin_name: 'here', origin_healthy: 'false' }, [down]],
    [{ origin_name: 'off', origin_healthy: 'true' }, []],
    [{ since: before }, all],
    [{ until: before }, []],
    [{ since: middle }, [back, down]],
    [{ until: middle, pool_healthy: 'true' }, [first]],
    [{ since: middle, until: before }, []],
    [{ per_page: '1', page: '2' }, [down]],
  ] as const)
    expect([query, await events(query)]).toEqual([query, found]);
  await api.delete(`${LB}/pools/${pool.id}`);
  expect(await events()).toEqual(all);
  // The same below the account, with its filters (cloudflare-python #2693).
  const ofAccount = async (query: string) =>
    (await api.get(`@/load_balancing_analytics/events${query}`)).body;
  expect((await ofAccount('')).result).toEqual(all);
  expect((await ofAccount('?pool_healthy=false')).result).toEqual([down]);
  expect((await ofAccount('?per_page=1&page=2')).result_info).toMatchObject({ page: 2, total_count: 3 });
});

test('another account has events of its own, and one that is not there has none', async () => {
  const { id } = await api.create('/accounts', { name: 'quiet' });
  expect((await api.get(`/accounts/${id}/load_balancing_analytics/events`)).body.result).toEqual([]);
  const missing = await api.get(`/accounts/${'f'.repeat(32)}/load_balancing_analytics/events`);
  expect([missing.status, missing.body.errors[0].code]).toEqual([404, 7003]);
});

test('a preview is no event', async () => {
  const monitor = await api.create(`${LB}/monitors`, { type: 'tcp', port: 1 });
  const origins = [{ name: 'here', address: 'localhost' }];
  const pool = await createPool('tried', monitor.id, origins, { enabled: false });
  const { preview_id } = await api.create(`${LB}/pools/${pool.id}/preview`, { type: 'tcp', port: 1 });
  await eventually(
    async () => Object.keys((await api.get(`${LB}/preview/${preview_id}`)).body.result).length === 1,
  );
  // What comes after it is an event: so one of the preview would be there by now.
  await api.patch(`${LB}/pools/${pool.id}`, { enabled: true });
  await eventually(async () => (await events({ pool_name: 'tried' })).length > 0);
  expect(await events({ pool_name: 'tried' })).toMatchObject([{ origins: [{ healthy: false }] }]);
});

test.each([
  'since=yesterday',
  'until=2026-01-01',
  'since=99999-01-01T00:00:00Z',
  'pool_id=x',
  'pool_healthy=yes',
  'origin_healthy=',
  'pool_name=%00',
  'origin_name=a&origin_name=b',
  'page=0',
  'per_page=1001',
])('a filter that means nothing is refused: %s', async (query) => {
  const { status, body } = await api.get(`${PATH}?${query}`);
  expect([status, body.errors[0].code]).toEqual([400, 1002]);
});
