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

const everySet = () => [
  {
    name: 'wnam-active-active',
    disabled: false,
    match: { topology: { regions: ['WNAM', 'ENAM'], countries: ['US'], pops: ['LAX', 'SJC'] } },
    overrides: {
      pools: [rig.secondary, rig.primary],
      pool_weights: { [rig.primary]: 0.5, [rig.secondary]: 0.25 },
      pool_default_weight: 0.1,
      steering_policy: 'random',
      fallback_pool: rig.secondary,
    },
  },
  { disabled: true, fixed_response: { status_code: 302, location: 'https://example.com/' } },
  { name: 'default', disabled: false, match: { default: true }, overrides: { pools: [rig.primary] } },
];

test('pool sets are kept as they were sent, in their order', async () => {
  const balancer = await rig.create({ pool_sets: everySet() });
  expect(balancer.pool_sets).toEqual(everySet());
  expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(balancer);
});

test('what a pool set leaves out, gives as null, or has beyond what is known, is not there', async () => {
  const pools = [rig.primary];
  const { pool_sets } = await rig.create({
    pool_sets: [
      { name: null, disabled: null, match: null, fixed_response: null, overrides: { pools } },
      { match: { default: null, topology: { pops: null, regions: ['OC'] } }, overrides: { pools, later: 1 } },
    ],
  });
  expect(pool_sets).toEqual([
    { disabled: false, overrides: { pools } },
    { disabled: false, match: { topology: { regions: ['OC'] } }, overrides: { pools } },
  ]);
});

test('T65 a PATCH without pool sets, or with null, leaves them; an empty list clears them; a PUT without them does too', async () => {
  const { id } = await rig.create({ pool_sets: everySet() });
  const one = `${PATH}/${id}`;
  const setsAfter = async (fields: object) => (await api.patch(one, fields)).body.result.pool_sets;
  expect(await setsAfter({ description: 'other' })).toEqual(everySet());
  expect(await setsAfter({ pool_sets: null, description: 'another' })).toEqual(everySet());
  expect(await setsAfter({ pool_sets: [] })).toEqual([]);
  expect(await setsAfter({ pool_sets: everySet().slice(2) })).toEqual(everySet().slice(2));
  expect((await api.put(one, rig.bodyOf())).body.result.pool_sets).toEqual([]);
});

test('pool sets are taken without a word', async () => {
  const created = await api.post(PATH, rig.bodyOf({ pool_sets: everySet() }));
  expect([created.status, created.body.messages]).toEqual([200, []]);
});

const set = (fields: object) => ({ pool_sets: [{ fixed_response: {} }, fields] });
const matching = (match: object) => set({ match, fixed_response: {} });
const topology = (fields: object) => matching({ topology: fields });
const overriding = (overrides: object) => set({ overrides });
const many = (count: number) => Array.from({ length: count }, () => ({ fixed_response: {} }));

test.each<[object, string]>([
  [{ pool_sets: many(1001) }, 'POOL_SETS_TOO_LARGE: pool_sets must not have more than 1000 sets'],
  [set({}), 'POOL_SET_NO_INTENT: pool_sets[1] must have overrides.pools or a fixed_response'],
  [overriding({ steering_policy: 'off' }), 'POOL_SET_NO_INTENT: pool_sets[1] must have'],
  [overriding({ pools: [] }), 'POOL_SET_NO_INTENT: pool_sets[1] must have'],
  [matching({}), 'POOL_SET_EMPTY_MATCH: pool_sets[1].match must have default true or a topology'],
  [matching({ default: false }), 'POOL_SET_EMPTY_MATCH: pool_sets[1].match'],
  [
    matching({ default: true, topology: { regions: ['WEU'] } }),
    'POOL_SET_DEFAULT_WITH_MATCH: pool_sets[1].match must not have default and a topology both',
  ],
  [topology({}), 'POOL_SET_EMPTY_TOPOLOGY: pool_sets[1].match.topology must have at least one of'],
  [topology({ pops: [], countries: null }), 'POOL_SET_EMPTY_TOPOLOGY: pool_sets[1].match.topology'],
  ...['pops', 'countries', 'regions'].map((list): [object, string] => [
    topology({
      [list]: Array.from({ length: 1001 }, () => ({ pops: 'AMS', countries: 'DE', regions: 'OC' })[list]),
    }),
    `POOL_SET_TOPOLOGY_TOO_LARGE: pool_sets[1].match.topology.${list} must not have more than 1000 entries`,
  ]),
  [topology({ pops: ['AMS', 'LAX', 'AMS'] }), 'pool_sets[1].match.topology.pops must not have "AMS" twice'],
  [topology({ countries: ['DE', 'DE'] }), 'pool_sets[1].match.topology.countries must not have "DE" twice'],
  [topology({ regions: ['OC', 'OC'] }), 'pool_sets[1].match.topology.regions must not have "OC" twice'],
  [topology({ pops: ['ams'] }), 'pool_sets[1].match.topology.pops[0] is not the code of a data centre'],
  [topology({ countries: ['UK'] }), 'pool_sets[1].match.topology.countries[0] is not an ISO 3166-1'],
  [topology({ regions: ['EU'] }), 'pool_sets[1].match.topology.regions[0] is not one of the regions'],
  [topology({ regions: 'WEU' }), 'pool_sets[1].match.topology.regions'],
  [matching({ default: 'yes' }), 'pool_sets[1].match.default'],
  [overriding({ pools: [ABSENT_ID], steering_policy: 'geo' }), 'pool_sets[1].overrides.steering_policy'],
  [
    overriding({ pools: [ABSENT_ID] }),
    `pool_sets[1].overrides.pools "${ABSENT_ID}" is not a pool of this account`,
  ],
  [
    set({ overrides: { pools: [ABSENT_ID] }, fixed_response: {} }),
    'pool_sets[1] must not have overrides.pools and a fixed_response both',
  ],
  [overriding({ pools: ['x'] }), 'pool_sets[1].overrides.pools[0] must be a pool id'],
  [overriding({ pools: [ABSENT_ID], fallback_pool: 'x' }), 'pool_sets[1].overrides.fallback_pool must be'],
  [overriding({ pool_weights: { [ABSENT_ID]: 2 } }), 'pool_sets[1].overrides.pool_weights'],
  [set({ name: 'n'.repeat(201) }), 'pool_sets[1].name must be at most 200 characters'],
  [set({ name: '\ud800' }), 'pool_sets[1].name must be valid Unicode text'],
  [set({ disabled: 'no' }), 'pool_sets[1].disabled'],
  [set({ fixed_response: { status_code: 99 } }), 'pool_sets[1].fixed_response.status_code is not in range'],
  [{ pool_sets: {} }, 'pool_sets'],
  [{ pool_sets: [null] }, 'pool_sets[0]'],
])('a pool set that breaks a rule is refused, under the documented name: %j', async (fields, reason) => {
  expect((await rig.refusal(fields)).slice(0, reason.length)).toBe(reason);
});

test('a thousand pool sets are taken', async () => {
  expect((await rig.create({ pool_sets: many(1000) })).pool_sets).toHaveLength(1000);
});

test('a refused PATCH of pool sets leaves them as they were', async () => {
  const balancer = await rig.create({ pool_sets: everySet() });
  expect((await api.patch(`${PATH}/${balancer.id}`, { pool_sets: [{}], ttl: 99 })).status).toBe(400);
  expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(balancer);
});
