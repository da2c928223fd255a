import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../support/api.js';
import { ABSENT_ID, type Balancers, openBalancers } from '../../support/balancers.js';

let rig: Balancers;
let api: Api;
const PATH = '@/load_balancers';

beforeAll(async () => {
  rig = await openBalancers();
  api = rig.api;
});
afterAll(() => rig.offramp.stop());

const REACHED = {
  code: 10502,
  message: expect.stringMatching(/^reached at http:\/\/127\.100\.\d+\.\d+:\d+, whatever host/),
};

test('a load balancer of an account is created, listed, replaced, changed and deleted like one of a zone', async () => {
  const fields = {
    name: 'Private payroll',
    steering_policy: 'random',
    rules: [{}],
    session_affinity: 'cookie',
  };
  const created = await api.post(PATH, rig.bodyOf(fields));
  expect([created.status, created.body.messages.at(-1)]).toEqual([200, REACHED]);
  const balancer = created.body.result;
  const { zone_name, ...ofZone } = await rig.create({ ...fields, name: 'www.example.com' });
  expect(zone_name).toBe('example.com');
  expect(Object.keys(balancer)).toEqual(Object.keys(ofZone));
  expect(balancer).toMatchObject({ name: 'Private payroll', steering_policy: 'random' });
  const one = `${PATH}/${balancer.id}`;
  expect((await api.get(one)).body.result).toEqual(balancer);
  expect((await api.get(PATH)).body.result).toEqual([balancer]);
  const put = await api.put(one, rig.bodyOf({ name: 'Private payroll' }));
  expect([put.body.result.steering_policy, put.body.messages]).toEqual(['off', [REACHED]]);
  expect((await api.patch(one, { ttl: 60 })).body.result).toMatchObject({
    ...put.body.result,
    ttl: 60,
    modified_on: expect.any(String),
  });
  expect((await api.patch(one, { enabled: false })).body.messages).toEqual([]);
  expect((await api.delete(one)).body.result).toEqual({ id: balancer.id });
  expect((await api.get(one)).status).toBe(404);
  expect((await api.get(PATH)).body.result).toEqual([]);
});

test.each(['app.internal', 'Private Büro (10.0.0.1)', '10.1.2.3', 'x'.repeat(255), 'other.example.com'])(
  'a load balancer of an account may be called %s, once',
  async (name) => {
    expect((await api.create(PATH, rig.bodyOf({ name }))).name).toBe(name);
    const again = await api.post(PATH, rig.bodyOf({ name }));
    expect([again.status, again.body.errors[0]]).toEqual([400, { code: 1003, message: 'value not unique' }]);
  },
);

test('a zone and its account do not take names from each other', async () => {
  const name = 'both.example.com';
  const [ofAccount, ofZone] = [await api.create(PATH, rig.bodyOf({ name })), await rig.create({ name })];
  const other = await api.create(PATH, rig.bodyOf());
  expect((await api.patch(`${PATH}/${other.id}`, { name })).body.errors[0].code).toBe(1003);
  expect((await api.patch(`${PATH}/${ofAccount.id}`, { name, ttl: 60 })).status).toBe(200);
  await api.delete(`${PATH}/${ofAccount.id}`);
  expect((await api.patch(`${PATH}/${other.id}`, { name })).status).toBe(200);
  expect((await api.get(`%/load_balancers/${ofZone.id}`)).body.result).toEqual(ofZone);
});

test('each is found where it belongs only', async () => {
  const [ofAccount, ofZone] = [await api.create(PATH, rig.bodyOf()), await rig.create()];
  const missing = [404, { code: 1001, message: 'load balancer not found' }];
  for (const one of [`${PATH}/${ofZone.id}`, `%/load_balancers/${ofAccount.id}`, `${PATH}/${ABSENT_ID}`]) {
    const answers = [
      await api.get(one),
      await api.put(one, rig.bodyOf()),
      await api.patch(one, {}),
      await api.delete(one),
    ];
    for (const { status, body } of answers) expect([status, body.errors[0]]).toEqual(missing);
  }
  const ids = (await api.get('%/load_balancers')).body.result.map(({ id }: { id: string }) => id);
  expect(ids).toContain(ofZone.id);
  expect(ids).not.toContain(ofAccount.id);
  expect((await api.get(`/accounts/${ABSENT_ID}/load_balancers`)).body.errors[0].code).toBe(7003);
  expect((await api.post(`/accounts/${ABSENT_ID}/load_balancers`, rig.bodyOf())).status).toBe(404);
  expect((await api.get(`${PATH}/nothing`)).body.errors[0].code).toBe(7003);
});

test.each<[object, string]>([
  [{ name: '' }, 'name must not be blank or have control characters'],
  [{ name: ' \u00a0' }, 'name must not be blank or have control characters'],
  [{ name: 'a\nb' }, 'name must not be blank or have control characters'],
  [{ name: 'a\0b' }, 'name must not contain NUL characters'],
  [{ name: '\udfff' }, 'name must be valid Unicode text'],
  [{ name: 'x'.repeat(256) }, 'name must be at most 255 characters'],
  [{ name: 7 }, 'name must be a string'],
  [{ default_pools: [] }, 'default_pools must name at least one pool'],
  [{ fallback_pool: ABSENT_ID }, `fallback_pool "${ABSENT_ID}" is not a pool of this account`],
  [
    { session_affinity: 'header' },
    'session_affinity "header" needs at least one of session_affinity_attributes.headers',
  ],
])('a load balancer of an account that breaks a rule is refused: %j', async (fields, reason) => {
  expect(await rig.refusal(fields, PATH)).toBe(reason);
});

test('a pool that a load balancer of an account names cannot be deleted, and it is shown as the referrer', async () => {
  const pool = await rig.newPool('private');
  const balancer = await api.create(PATH, rig.bodyOf({ fallback_pool: pool }));
  expect((await api.delete(`@/load_balancers/pools/${pool}`)).status).toBe(412);
  const references = await api.get(`@/load_balancers/pools/${pool}/references`);
  expect(references.body.result).toMatchObject([{ resource_id: balancer.id, reference_type: 'referrer' }]);
  await api.delete(`${PATH}/${balancer.id}`);
  expect((await api.delete(`@/load_balancers/pools/${pool}`)).status).toBe(200);
});

test('the list gives every load balancer of the account unless a page is asked for', async () => {
  const all = await api.get(PATH);
  expect(all.body.result_info).toMatchObject({ page: 1, total_count: all.body.result.length });
  expect((await api.get(`${PATH}?per_page=1&page=2`)).body.result).toEqual([all.body.result[1]]);
});
