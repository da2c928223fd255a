import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../support/api.js';
import { ABSENT_ID, type Balancers, openBalancers } from '../../support/balancers.js';

let rig: Balancers;
let api: Api;
const PATH = '%/load_balancers';

beforeAll(async () => {
  rig = await openBalancers();
  api = rig.api;
});
afterAll(() => rig.offramp.stop());

interface Row {
  readonly fields: object;
  readonly message: string;
}

const ROWS: readonly Row[] = [
  {
    fields: { networks: ['cloudflare'] },
    message: 'networks: they do not change from where the load balancer is reached',
  },
];

test.each(ROWS)(
  'a setting that traffic does not follow yet is kept, and every write says so: $fields',
  async ({ fields, message }) => {
    const messages = [{ code: 10501, message }];
    const created = await api.post(PATH, rig.bodyOf(fields));
    expect([created.status, created.body.messages]).toEqual([200, messages]);
    expect(created.body.result).toMatchObject(fields);
    const one = `${PATH}/${created.body.result.id}`;
    const read = await api.get(one);
    expect([read.body.result, read.body.messages]).toEqual([created.body.result, []]);
    expect((await api.put(one, rig.bodyOf(fields))).body.messages).toEqual(messages);
    expect((await api.patch(one, { description: 'other' })).body.messages).toEqual(messages);
  },
);

test('a setting with its full effect is taken without a word', async () => {
  const weights = { default_weight: 0.5, pool_weights: { [rig.primary]: 1 } };
  const policies = [
    'off',
    'geo',
    'dynamic_latency',
    'proximity',
    'least_outstanding_requests',
    'least_connections',
  ];
  for (const fields of [
    {},
    ...policies.map((steering_policy) => ({ steering_policy })),
    { steering_policy: 'random', random_steering: weights },
    { adaptive_routing: { failover_across_pools: true } },
    { location_strategy: { mode: 'resolver_ip', prefer_ecs: 'always' } },
  ])
    expect((await api.post(PATH, rig.bodyOf(fields))).body.messages).toEqual([]);
});

test('a policy that is left open is geo as long as there are pools for places, and off without', async () => {
  const { id, steering_policy } = await rig.create({ steering_policy: '' });
  expect(steering_policy).toBe('off');
  const one = `${PATH}/${id}`;
  const policyAfter = async (fields: object) => (await api.patch(one, fields)).body.result.steering_policy;
  for (const maps of [
    { region_pools: { WEU: [rig.primary] } },
    { region_pools: {}, country_pools: { DE: [rig.primary] } },
    { country_pools: null, pop_pools: { AMS: [rig.primary] } },
  ])
    expect(await policyAfter(maps)).toBe('geo');
  expect(await policyAfter({ steering_policy: 'random' })).toBe('random');
  expect(await policyAfter({ steering_policy: null })).toBe('geo');
  expect(await policyAfter({ pop_pools: {} })).toBe('off');
});

test('pools for places are kept in their order, in every region and any country or data centre', async () => {
  const both = [rig.secondary, rig.primary];
  const regions = 'WNAM ENAM WEU EEU NSAM SSAM OC ME NAF SAF SAS SEAS NEAS'.split(' ');
  const fields = {
    region_pools: Object.fromEntries(regions.map((code) => [code, both])),
    country_pools: { US: both, DE: [rig.primary], XK: [], TW: [rig.primary] },
    pop_pools: { LAX: both, AMS: [] },
  };
  const balancer = await rig.create(fields);
  expect(balancer).toMatchObject(fields);
  expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(balancer);
});

const REGIONS = 'is not one of the regions WNAM, ENAM,';
const COUNTRIES = 'is not an ISO 3166-1 country code of two capital letters';
const POPS = 'is not the code of a data centre, three capital letters';

test.each<[object, string]>([
  ...['weu', 'ALL_REGIONS', 'X', 'constructor', 'WEU\0'].map((code): [object, string] => [
    { region_pools: { [code]: [] } },
    `region_pools.${code} ${REGIONS}`,
  ]),
  [{ region_pools: { '': [] } }, `region_pools ${REGIONS}`],
  [{ region_pools: { '\ud800': [] } }, 'region_pools.'],
  ...['de', 'UK', 'ZZ', 'DEU', 'toString'].map((code): [object, string] => [
    { country_pools: { [code]: [] } },
    `country_pools.${code} ${COUNTRIES}`,
  ]),
  ...['ams', 'AMST', 'A1B', 'x'.repeat(100)].map((code): [object, string] => [
    { pop_pools: { [code]: [] } },
    `pop_pools.${code} ${POPS}`,
  ]),
  [{ region_pools: { WEU: 'x' } }, 'region_pools.WEU must be a list of pool ids'],
  [{ region_pools: { WEU: [1] } }, 'region_pools.WEU[0] must be a pool id'],
  [{ region_pools: { WEU: [ABSENT_ID] } }, `region_pools.WEU "${ABSENT_ID}" is not a pool of this account`],
  [{ country_pools: { DE: [ABSENT_ID] } }, `country_pools.DE "${ABSENT_ID}" is not a pool of this account`],
  [{ pop_pools: { AMS: [ABSENT_ID] } }, `pop_pools.AMS "${ABSENT_ID}" is not a pool of this account`],
  [
    { pop_pools: { AMS: Array.from({ length: 1001 }, () => ABSENT_ID) } },
    'pop_pools.AMS must not have more than 1000 pools',
  ],
  [{ region_pools: [] }, 'region_pools'],
  [{ region_pools: 'WEU' }, 'region_pools'],
])('pools for a place that is none, or that are none, are refused: %j', async (fields, reason) => {
  expect((await rig.refusal(fields)).slice(0, reason.length)).toBe(reason);
});

test('10,000 pools at most are named by one load balancer', async () => {
  const ids = Array.from({ length: 10_001 }, (_, i) => i.toString(16).padStart(32, '0'));
  const pop_pools = Object.fromEntries(
    Array.from({ length: 11 }, (_, i) => [
      `A${String.fromCharCode(65 + i)}A`,
      ids.slice(i * 1000, i * 1000 + 1000),
    ]),
  );
  expect(await rig.refusal({ pop_pools })).toMatch(/^a load balancer must not name more than 10000 pools/);
});

interface Place {
  readonly where: string;
  readonly fields: (id: string) => object;
}

const overriding = (fields: object) => ({ rules: [{ overrides: fields }] });
const setOf = (fields: object) => ({ pool_sets: [{ overrides: fields }] });
const PLACES: readonly Place[] = [
  { where: 'default_pools', fields: (id) => ({ default_pools: [id] }) },
  { where: 'fallback_pool', fields: (id) => ({ fallback_pool: id }) },
  {
    where: 'a map that is left behind by another policy',
    fields: (id) => ({ steering_policy: 'off', region_pools: { WEU: [id] } }),
  },
  { where: 'country_pools', fields: (id) => ({ country_pools: { DE: [id] } }) },
  { where: 'pop_pools', fields: (id) => ({ pop_pools: { AMS: [id] } }) },
  { where: 'random_steering', fields: (id) => ({ random_steering: { pool_weights: { [id]: 0.5 } } }) },
  { where: 'default_pools of a rule', fields: (id) => overriding({ default_pools: [id] }) },
  {
    where: 'a disabled rule',
    fields: (id) => ({ rules: [{ disabled: true, overrides: { fallback_pool: id } }] }),
  },
  { where: 'region_pools of a rule', fields: (id) => overriding({ region_pools: { WEU: [id] } }) },
  { where: 'country_pools of a rule', fields: (id) => overriding({ country_pools: { DE: [id] } }) },
  { where: 'pop_pools of a rule', fields: (id) => overriding({ pop_pools: { AMS: [id] } }) },
  {
    where: 'random_steering of a rule',
    fields: (id) => overriding({ random_steering: { pool_weights: { [id]: 0 } } }),
  },
  { where: 'pools of a rule', fields: (id) => overriding({ pools: [id] }) },
  { where: 'pool_weights of a rule', fields: (id) => overriding({ pool_weights: { [id]: 1 } }) },
  { where: 'pools of a pool set', fields: (id) => setOf({ pools: [id] }) },
  {
    where: 'pool_weights of a pool set',
    fields: (id) => setOf({ pools: [rig.primary], pool_weights: { [id]: 1 } }),
  },
  {
    where: 'fallback_pool of a pool set',
    fields: (id) => setOf({ pools: [rig.primary], fallback_pool: id }),
  },
];

test.each(PLACES)(
  'a pool named in $where must exist, and cannot be deleted before that ends',
  async ({ where, fields }) => {
    expect(await rig.refusal(fields(ABSENT_ID))).toMatch(` "${ABSENT_ID}" is not a pool of this account`);
    const pool = await rig.newPool(where.replaceAll(' ', '-'));
    const { id, name } = await rig.create(fields(pool));
    const refused = await api.delete(`@/load_balancers/pools/${pool}`);
    expect([refused.status, refused.body.errors[0].code]).toEqual([412, 1005]);
    expect((await api.get(`@/load_balancers/pools/${pool}/references`)).body.result).toEqual([
      { reference_type: 'referrer', resource_type: 'load_balancer', resource_id: id, resource_name: name },
    ]);
    expect((await api.put(`${PATH}/${id}`, rig.bodyOf())).status).toBe(200);
    expect((await api.delete(`@/load_balancers/pools/${pool}`)).status).toBe(200);
  },
);

test('a PATCH keeps hold of the pools that it leaves named, and takes and lets go of the others', async () => {
  const [kept, dropped, taken] = [
    await rig.newPool('kept'),
    await rig.newPool('dropped'),
    await rig.newPool('taken'),
  ];
  const { id } = await rig.create({ default_pools: [kept, dropped], country_pools: { DE: [dropped] } });
  const one = `${PATH}/${id}`;
  const statusOfDelete = async (pool: string) => (await api.delete(`@/load_balancers/pools/${pool}`)).status;
  expect((await api.patch(one, { default_pools: [taken, kept] })).status).toBe(200);
  for (const pool of [kept, dropped, taken]) expect(await statusOfDelete(pool)).toBe(412);
  expect((await api.patch(one, { country_pools: {}, ttl: 60 })).status).toBe(200);
  expect(await statusOfDelete(dropped)).toBe(200);
  expect((await api.patch(one, { ttl: 70 })).status).toBe(200);
  for (const pool of [kept, taken]) expect(await statusOfDelete(pool)).toBe(412);
});
