import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../support/api.js';
import { ABSENT_ID, type Balancers, openBalancers } from '../../support/balancers.js';

let rig: Balancers;
let api: Api;
let primary: string;
let secondary: string;
const PATH = '%/load_balancers';
const bodyOf: Balancers['bodyOf'] = (fields) => rig.bodyOf(fields);
const create: Balancers['create'] = (fields) => rig.create(fields);

beforeAll(async () => {
  rig = await openBalancers();
  ({ api, primary, secondary } = rig);
});
afterAll(() => rig.offramp.stop());

const STAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
const minimal = () => ({
  id: expect.stringMatching(/^[0-9a-f]{32}$/),
  name: expect.any(String),
  description: '',
  enabled: true,
  proxied: false,
  ttl: 30,
  default_pools: [primary],
  fallback_pool: secondary,
  region_pools: {},
  country_pools: {},
  pop_pools: {},
  steering_policy: 'off',
  session_affinity: 'none',
  rules: [],
  pool_sets: [],
  zone_name: 'example.com',
  created_on: STAMP,
  modified_on: STAMP,
});

test('the body that Terraform sends for a load balancer is answered with every default and nothing that is unset', async () => {
  const created = await api.post(PATH, {
    default_pools: [primary],
    enabled: true,
    fallback_pool: secondary,
    name: 'terraform.example.com',
    proxied: false,
    session_affinity: 'none',
    steering_policy: '',
  });
  expect(created.status).toBe(200);
  expect(created.body.result).toEqual({ ...minimal(), name: 'terraform.example.com' });
  expect((await api.get(`${PATH}/${created.body.result.id}`)).body).toEqual(created.body);
});

const complete = () => ({
  description: 'all of it',
  enabled: false,
  proxied: true,
  ttl: 60,
  default_pools: [secondary, primary],
  steering_policy: 'random',
  session_affinity: '',
  session_affinity_ttl: 1800,
  session_affinity_attributes: { drain_duration: 60, headers: ['x-user', 'cookie:a,b'] },
  random_steering: { pool_weights: { [primary]: 0, [secondary]: 0.3 } },
  adaptive_routing: {},
  location_strategy: { mode: 'pop' },
  networks: ['cloudflare'],
  region_pools: {},
  rules: [],
  pool_sets: [],
});

test('everything that a load balancer can have is read back, nested objects complete', async () => {
  const balancer = await create(complete());
  expect(balancer).toEqual({
    ...minimal(),
    ...complete(),
    session_affinity: 'none',
    session_affinity_attributes: {
      samesite: 'Auto',
      secure: 'Auto',
      drain_duration: 60,
      zero_downtime_failover: 'none',
      headers: ['x-user', 'cookie:a,b'],
    },
    random_steering: { default_weight: 1, pool_weights: { [primary]: 0, [secondary]: 0.3 } },
    adaptive_routing: { failover_across_pools: false },
    location_strategy: { mode: 'pop', prefer_ecs: 'proximity' },
  });
  expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(balancer);
});

test('random_steering without weights of pools shows none', async () => {
  const balancer = await create({ random_steering: { default_weight: 0.2 } });
  expect(balancer.random_steering).toEqual({ default_weight: 0.2 });
});

test('PUT with explicit nulls reads back as if never set, and created_on stays', async () => {
  const balancer = await create(complete());
  const nulls = Object.fromEntries(Object.keys(complete()).map((field) => [field, null]));
  const put = await api.put(`${PATH}/${balancer.id}`, {
    ...nulls,
    name: balancer.name,
    default_pools: [primary],
    fallback_pool: secondary,
  });
  expect(put.body.result).toEqual({ ...minimal(), id: balancer.id, created_on: balancer.created_on });
  expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(put.body.result);
});

test('PATCH changes what it names, null resets, and an empty one changes nothing', async () => {
  const balancer = await create({ description: 'kept', steering_policy: 'random', ttl: 120 });
  const patched = await api.patch(`${PATH}/${balancer.id}`, { ttl: null, proxied: true, unknown: 1 });
  expect(patched.body.result).toEqual({
    ...balancer,
    ttl: 30,
    proxied: true,
    modified_on: expect.any(String),
  });
  expect((await api.patch(`${PATH}/${balancer.id}`, {})).body.result).toEqual(patched.body.result);
  const cleared = await api.patch(`${PATH}/${balancer.id}`, { pool_sets: null, rules: null });
  expect(cleared.body.result).toEqual(patched.body.result);
});

test.each(['example.com', '*.example.com', 'a.b.example.com', '*.a.example.com', '_sip.example.com'])(
  '%s can be a load balancer of the zone example.com, once',
  async (name) => {
    expect((await create({ name })).name).toBe(name);
    const again = await api.post(PATH, bodyOf({ name: name.toUpperCase() }));
    expect([again.status, again.body.errors[0].code]).toEqual([400, 1003]);
  },
);

test.each([
  'example.net',
  'notexample.com',
  'com',
  '',
  'a..example.com',
  '-a.example.com',
  'a b.example.com',
  'a.*.example.com',
  '**.example.com',
  'example.com.',
  'http://a.example.com',
  'a\r\n.example.com',
  'bü cher.example.com',
  `${'x'.repeat(64)}.example.com`,
])('%j is not a name in the zone', async (name) => {
  const { status, body } = await api.post(PATH, bodyOf({ name }));
  expect([status, body.errors[0].code]).toEqual([400, 1002]);
  expect(body.errors[0].message.startsWith(`invalid hostname: ${name}`)).toBe(true);
});

test('a name is free again after its load balancer is gone, and a rename must not take one', async () => {
  const [first, second] = [await create(), await create()];
  expect((await api.patch(`${PATH}/${second.id}`, { name: first.name })).body.errors[0]).toEqual({
    code: 1003,
    message: 'value not unique',
  });
  expect((await api.patch(`${PATH}/${first.id}`, { name: first.name, description: 'same' })).status).toBe(
    200,
  );
  expect((await api.delete(`${PATH}/${first.id}`)).body.result).toEqual({ id: first.id });
  expect((await api.get(`${PATH}/${first.id}`)).status).toBe(404);
  expect((await api.patch(`${PATH}/${second.id}`, { name: first.name })).status).toBe(200);
});

const attributes = (fields: object) => ({ session_affinity_attributes: fields });
test.each<[object, string | RegExp]>([
  [{ name: undefined }, 'name is required'],
  [{ name: 'a\0.example.com' }, /^name must not contain NUL/],
  [{ default_pools: undefined }, 'default_pools is required'],
  [{ default_pools: [] }, 'default_pools must name at least one pool'],
  [{ default_pools: ['x'] }, 'default_pools[0] must be a pool id of 32 hexadecimal digits'],
  [{ default_pools: [ABSENT_ID] }, `default_pools "${ABSENT_ID}" is not a pool of this account`],
  [{ fallback_pool: undefined }, 'fallback_pool is required'],
  [{ fallback_pool: '' }, /^fallback_pool must be a pool id/],
  [{ fallback_pool: ABSENT_ID }, `fallback_pool "${ABSENT_ID}" is not a pool of this account`],
  [
    { random_steering: { pool_weights: { [ABSENT_ID]: 1 } } },
    `random_steering.pool_weights "${ABSENT_ID}" is not a pool of this account`,
  ],
  [{ random_steering: { pool_weights: { x: 1 } } }, /^random_steering\.pool_weights/],
  [{ random_steering: { default_weight: 1.5 } }, 'random_steering.default_weight is not in range [0, 1]'],
  [{ random_steering: { default_weight: 0.25 } }, 'random_steering.default_weight must be a multiple of 0.1'],
  [{ random_steering: { pool_weights: { [ABSENT_ID]: 2 } } }, /is not in range \[0, 1\]$/],
  [{ ttl: -1 }, /^ttl is not in range/],
  [{ proxied: 'x' }, /^proxied/],
  [{ enabled: 0 }, /^enabled/],
  [{ steering_policy: 'x' }, /^steering_policy: Invalid option/],
  [{ session_affinity: 'x' }, /^session_affinity: Invalid option/],
  [{ session_affinity_ttl: 29 }, 'session_affinity_ttl is not in range [30, 604800]'],
  [{ session_affinity_ttl: 604_801 }, 'session_affinity_ttl is not in range [30, 604800]'],
  [attributes({ samesite: 'x' }), /^session_affinity_attributes\.samesite/],
  [
    attributes({ samesite: 'None', secure: 'Never' }),
    /^session_affinity_attributes samesite "None" must not go/,
  ],
  [attributes({ drain_duration: 86_401 }), /^session_affinity_attributes\.drain_duration is not in range/],
  [attributes({ zero_downtime_failover: 'x' }), /^session_affinity_attributes\.zero_downtime_failover/],
  [attributes({ headers: ['a', 'a'] }), /^session_affinity_attributes\.headers must not name a header twice/],
  [attributes({ headers: ['a b'] }), /^session_affinity_attributes\.headers\[0\] must be a header name/],
  [attributes({ headers: ['a', 'b', 'c', 'd', 'e', 'f'] }), /must not have more than 5 headers/],
  [{ adaptive_routing: { failover_across_pools: 'x' } }, /^adaptive_routing\.failover_across_pools/],
  [{ location_strategy: { mode: 'x' } }, /^location_strategy\.mode/],
  [{ location_strategy: { prefer_ecs: 'x' } }, /^location_strategy\.prefer_ecs/],
  [{ networks: ['a\0'] }, /^networks\[0\]/],
  [{ region_pools: { WEU: 'x' } }, /^region_pools\.WEU must be a list/],
])('a load balancer that breaks a rule is refused: %j', async (fields, reason) => {
  const text = await rig.refusal(fields);
  if (typeof reason === 'string') expect(text).toBe(reason);
  else expect(text).toMatch(reason);
});

test('a refused PATCH leaves the load balancer as it was', async () => {
  const balancer = await create();
  expect((await api.patch(`${PATH}/${balancer.id}`, { session_affinity: 'header' })).status).toBe(400);
  expect((await api.patch(`${PATH}/${balancer.id}`, { default_pools: [ABSENT_ID] })).status).toBe(400);
  expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(balancer);
});

test('a pool that a load balancer stops naming can be deleted', async () => {
  const pool = await rig.newPool('dropped');
  const balancer = await create({ default_pools: [pool, primary] });
  expect((await api.delete(`@/load_balancers/pools/${pool}`)).status).toBe(412);
  await api.patch(`${PATH}/${balancer.id}`, { default_pools: [primary] });
  expect((await api.delete(`@/load_balancers/pools/${pool}`)).status).toBe(200);
});

test('a load balancer is found in its own zone only', async () => {
  const balancer = await create();
  const zone = await api.create('/zones', { name: 'example.org', account: { id: rig.offramp.accountId } });
  expect((await api.get(`/zones/${zone.id}/load_balancers`)).body.result).toEqual([]);
  for (const method of ['GET', 'DELETE'])
    expect((await api.call(method, `/zones/${zone.id}/load_balancers/${balancer.id}`)).status).toBe(404);
  expect((await api.post(`/zones/${zone.id}/load_balancers`, bodyOf())).body.errors[0].message).toMatch(
    /^invalid hostname/,
  );
});

test('an id that is not there is 404 everywhere, and one that cannot be an id does not route', async () => {
  const answers = await Promise.all([
    api.get(`${PATH}/${ABSENT_ID}`),
    api.put(`${PATH}/${ABSENT_ID}`, bodyOf()),
    api.patch(`${PATH}/${ABSENT_ID}`, {}),
    api.delete(`${PATH}/${ABSENT_ID}`),
  ]);
  for (const { status, body } of answers)
    expect([status, body.errors[0]]).toEqual([404, { code: 1001, message: 'load balancer not found' }]);
  expect((await api.get(`/zones/${ABSENT_ID}/load_balancers`)).body.errors[0].code).toBe(7003);
  for (const id of ['nothing', '%00', "'--"])
    expect((await api.get(`${PATH}/${encodeURIComponent(id)}`)).status).toBe(404);
});

test('the list gives every load balancer of the zone unless a page is asked for', async () => {
  const all = await api.get(PATH);
  expect(all.body.result_info).toMatchObject({ page: 1, total_count: all.body.result.length });
  expect((await api.get(`${PATH}?per_page=1&page=2`)).body.result).toEqual([all.body.result[1]]);
});

test('a name is shown as it was written, and is one host name in every spelling', async () => {
  const balancer = await create({ name: 'App.Example.COM' });
  expect(balancer).toMatchObject({ name: 'App.Example.COM', zone_name: 'example.com' });
  const one = `${PATH}/${balancer.id}`;
  expect((await api.get(one)).body.result).toEqual(balancer);
  const again = await api.post(PATH, bodyOf({ name: 'app.example.com' }));
  expect([again.status, again.body.errors[0].code]).toEqual([400, 1003]);
  const respelled = await api.patch(one, { name: 'app.EXAMPLE.com' });
  expect(respelled.body.result.name).toBe('app.EXAMPLE.com');
});

test('a name beyond ASCII is the same as its punycode', async () => {
  const balancer = await create({ name: '*.Bücher.example.com' });
  expect(balancer.name).toBe('*.Bücher.example.com');
  const again = await api.post(PATH, bodyOf({ name: '*.xn--bcher-kva.example.com' }));
  expect([again.status, again.body.errors[0].code]).toEqual([400, 1003]);
});
