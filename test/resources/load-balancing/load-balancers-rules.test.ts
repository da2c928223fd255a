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

const rulesOf = async (rules: unknown) => (await rig.create({ rules })).rules;
const DEFAULTS = { priority: 0, disabled: false };

const everyOverride = () => ({
  session_affinity: 'header',
  session_affinity_ttl: 60,
  session_affinity_attributes: { headers: ['x-user'], require_all_headers: false },
  ttl: 90,
  steering_policy: 'geo',
  fallback_pool: rig.primary,
  default_pools: [rig.secondary, rig.primary],
  region_pools: { WEU: [rig.primary] },
  country_pools: { DE: [rig.secondary] },
  pop_pools: { AMS: [] },
  random_steering: { pool_weights: { [rig.primary]: 0 } },
  adaptive_routing: { failover_across_pools: true },
  location_strategy: { prefer_ecs: 'never' },
});

test('a rule can override everything, and exactly what was sent is shown', async () => {
  const rules = [
    {
      name: 'everything',
      condition: 'http.request.uri.path contains "/testing"',
      priority: 7,
      disabled: true,
      terminates: true,
      overrides: everyOverride(),
    },
    { ...DEFAULTS, overrides: { pools: [rig.primary], pool_weights: { [rig.primary]: 0.5 } } },
    { ...DEFAULTS, overrides: { pool_default_weight: 0, session_affinity: 'none' } },
  ];
  const balancer = await rig.create({ rules });
  expect(balancer.rules).toEqual(rules);
  expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(balancer);
});

test('rules stay in the order they were sent in, also with the priority 0 that Terraform gives to all of them', async () => {
  const rules = ['c', 'a', 'b'].map((name) => ({ ...DEFAULTS, name, condition: '', overrides: {} }));
  expect(await rulesOf(rules)).toEqual(rules);
  const backwards = [5, 5, 1].map((priority) => ({ ...DEFAULTS, priority }));
  expect(await rulesOf(backwards)).toEqual(backwards);
});

test('what a rule leaves out, or gives as null, is not there', async () => {
  expect(
    await rulesOf([
      {},
      { name: null, condition: null, priority: null, disabled: null, terminates: null, overrides: null },
      { fixed_response: null, overrides: { ttl: null, session_affinity_attributes: { samesite: null } } },
    ]),
  ).toEqual([DEFAULTS, DEFAULTS, { ...DEFAULTS, overrides: { session_affinity_attributes: {} } }]);
});

test('members of overrides that nobody knows are left out; those of a rule itself are refused', async () => {
  expect(await rulesOf([{ overrides: { ttl: 30, later: 1 }, fixed_response: { later: 1 } }])).toEqual([
    { ...DEFAULTS, overrides: { ttl: 30 }, fixed_response: {} },
  ]);
  expect(await rig.refusal({ rules: [{ later: 1 }] })).toBe('rules[0]: Unrecognized key: "later"');
});

test('terminates is shown as it was sent, also beside a fixed response', async () => {
  const fixed_response = {
    message_body: 'moved\n',
    status_code: 302,
    content_type: 'text/plain; charset=utf-8',
    location: 'https://example.com/?a=b',
  };
  expect(await rulesOf([{ fixed_response }])).toEqual([{ ...DEFAULTS, fixed_response }]);
  for (const terminates of [false, true]) {
    const rules = [
      { ...DEFAULTS, terminates, fixed_response },
      { ...DEFAULTS, terminates },
    ];
    expect(await rulesOf(rules)).toEqual(rules);
  }
});

test('rules are taken without a word, stay when other fields change, and go with null or an empty list', async () => {
  const created = await api.post(PATH, rig.bodyOf({ rules: [{ condition: 'http.host eq "x"' }] }));
  expect([created.status, created.body.messages]).toEqual([200, []]);
  const one = `${PATH}/${created.body.result.id}`;
  const patched = await api.patch(one, { ttl: 60 });
  expect([patched.body.result.rules, patched.body.messages]).toEqual([created.body.result.rules, []]);
  for (const none of [null, []]) {
    await api.patch(one, { rules: [{}] });
    const cleared = await api.patch(one, { rules: none });
    expect([cleared.body.result.rules, cleared.body.messages]).toEqual([[], []]);
  }
});

test('a rule may turn on header affinity with the headers of the load balancer, which must then stay', async () => {
  const rules = [
    { ...DEFAULTS, overrides: { session_affinity: 'header' } },
    {
      ...DEFAULTS,
      overrides: { session_affinity: 'header', session_affinity_attributes: { drain_duration: 9 } },
    },
  ];
  const session_affinity_attributes = { headers: ['x-user'] };
  const balancer = await rig.create({ rules, session_affinity_attributes });
  expect(balancer.rules).toEqual(rules);
  const refused = await api.patch(`${PATH}/${balancer.id}`, { session_affinity_attributes: null });
  expect([refused.status, refused.body.errors[0].message]).toEqual([
    400,
    'rules[0].overrides.session_affinity "header" needs at least one of session_affinity_attributes.headers: validation failed',
  ]);
});

test('limits of a rule are inclusive', async () => {
  const rules = Array.from({ length: 32 }, () => ({
    ...DEFAULTS,
    name: 'n'.repeat(200),
    condition: `http.host eq "${'c'.repeat(4096 - 15)}"`,
    priority: 2_147_483_647,
    terminates: true,
    fixed_response: {
      message_body: 'b'.repeat(1024),
      status_code: 599,
      content_type: 't'.repeat(32),
      location: 'l'.repeat(2048),
    },
  }));
  expect(await rulesOf(rules)).toEqual(rules);
});

const rule = (fields: unknown) => ({ rules: [fields] });
const overriding = (overrides: object) => rule({ overrides });
const fixed = (fixed_response: object) => rule({ fixed_response });

test.each<[object, string]>([
  [{ rules: 'x' }, 'rules'],
  [{ rules: {} }, 'rules'],
  [rule('x'), 'rules[0]'],
  [rule(null), 'rules[0]'],
  [{ rules: Array.from({ length: 1001 }, () => ({})) }, 'rules must not have more than 1000 rules'],
  [rule({ name: 'n'.repeat(201) }), 'rules[0].name must be at most 200 characters'],
  [rule({ name: 'a\0' }), 'rules[0].name must not contain NUL characters'],
  [rule({ condition: 'c'.repeat(4097) }), 'rules[0].condition must be at most 4096 characters'],
  [
    { rules: [{}, {}, {}, { condition: 'http.host eq "a" andalso true' }] },
    'rules[3].condition: unexpected andalso: expected and, or, xor or the end after a complete expression, at character 18',
  ],
  [rule({ condition: 'http.host eq 80' }), 'rules[0].condition: 80 is not a string'],
  [rule({ condition: 'ip.src in $offices' }), 'rules[0].condition: $offices: lists are not available'],
  [rule({ condition: '(', disabled: true }), 'rules[0].condition: unexpected end of the expression'],
  [rule({ condition: true }), 'rules[0].condition must be a string'],
  [
    { rules: Array.from({ length: 33 }, () => ({ condition: ' '.repeat(4096) })) },
    'rules: the conditions have 135168 characters together, more than 131072',
  ],
  [
    { rules: Array.from({ length: 12 }, () => ({ condition: 'http.host matches "[ab]{900}[cd]{900}"' })) },
    'rules[11].condition: the pattern: it takes 1802 of the 20000 steps for each byte that all rules have together, and 178 are left',
  ],
  [rule({ priority: -1 }), 'rules[0].priority is not in range [0, 2147483647]'],
  [rule({ priority: 0.5 }), 'rules[0].priority must be an integer'],
  [rule({ disabled: 1 }), 'rules[0].disabled'],
  [rule({ terminates: 'true' }), 'rules[0].terminates'],
  [rule({ constructor: {} }), 'rules[0]: Unrecognized key: "constructor"'],
  [rule({ overrides: [] }), 'rules[0].overrides'],
  [fixed([]), 'rules[0].fixed_response'],
  [fixed({ message_body: 'b'.repeat(1025) }), 'rules[0].fixed_response.message_body must be at most 1024'],
  [fixed({ status_code: 199 }), 'rules[0].fixed_response.status_code is not in range [200, 599]'],
  [fixed({ status_code: 600 }), 'rules[0].fixed_response.status_code is not in range [200, 599]'],
  [fixed({ status_code: '200' }), 'rules[0].fixed_response.status_code must be an integer'],
  [fixed({ content_type: 't'.repeat(33) }), 'rules[0].fixed_response.content_type must be at most 32'],
  [fixed({ content_type: 'a\r\nb: c' }), 'rules[0].fixed_response.content_type must be printable ASCII'],
  [fixed({ location: 'l'.repeat(2049) }), 'rules[0].fixed_response.location must be at most 2048'],
  [fixed({ location: '/\nset-cookie: a' }), 'rules[0].fixed_response.location must be printable ASCII'],
  [overriding({ ttl: -1 }), 'rules[0].overrides.ttl is not in range [0, 604800]'],
  [overriding({ steering_policy: 'x' }), 'rules[0].overrides.steering_policy'],
  [overriding({ session_affinity: 'x' }), 'rules[0].overrides.session_affinity'],
  [overriding({ session_affinity_ttl: 29 }), 'rules[0].overrides.session_affinity_ttl is not in range [30,'],
  [
    overriding({ session_affinity: 'cookie', session_affinity_ttl: 60 }),
    'rules[0].overrides.session_affinity_ttl is not in range [1800, 604800] of session_affinity "cookie"',
  ],
  [
    overriding({ session_affinity: 'header' }),
    'rules[0].overrides.session_affinity "header" needs at least one of session_affinity_attributes.headers',
  ],
  [
    overriding({ session_affinity_attributes: { samesite: 'None', secure: 'Never' } }),
    'rules[0].overrides.session_affinity_attributes samesite "None" must not go with secure "Never"',
  ],
  [overriding({ default_pools: 'x' }), 'rules[0].overrides.default_pools must be a list of pool ids'],
  [overriding({ fallback_pool: '' }), 'rules[0].overrides.fallback_pool must be a pool id'],
  [
    overriding({ region_pools: { weu: [] } }),
    'rules[0].overrides.region_pools.weu is not one of the regions',
  ],
  [overriding({ pool_weights: { x: 1 } }), 'rules[0].overrides.pool_weights.x is not a pool id'],
  [
    overriding({ pool_default_weight: 0.25 }),
    'rules[0].overrides.pool_default_weight must be a multiple of 0.1',
  ],
  [
    overriding({ random_steering: { default_weight: 2 } }),
    'rules[0].overrides.random_steering.default_weight',
  ],
  [overriding({ location_strategy: { mode: 'x' } }), 'rules[0].overrides.location_strategy.mode'],
  [
    overriding({ pool_default_weight: 1, random_steering: { default_weight: 1 } }),
    'rules[0].overrides.random_steering must not go with pool_weights or pool_default_weight',
  ],
  [
    overriding({ pool_weights: {}, random_steering: {} }),
    'rules[0].overrides.random_steering must not go with pool_weights or pool_default_weight',
  ],
  [
    rule({ overrides: { pools: [] }, fixed_response: {} }),
    'rules[0].overrides.pools must not go with a fixed_response',
  ],
  [
    { rules: [{}, { overrides: { default_pools: [ABSENT_ID] } }] },
    `rules[1].overrides.default_pools "${ABSENT_ID}" is not a pool of this account`,
  ],
])('a rule that breaks a rule is refused: %j', async (fields, reason) => {
  expect((await rig.refusal(fields)).slice(0, reason.length)).toBe(reason);
});

test('T58 a load balancer with a condition that is no expression is not stored, and one that exists stays as it was', async () => {
  const before = (await api.get(PATH)).body.result;
  const rules = [{ name: 'broken', condition: 'http.host eq' }];
  const problem =
    'rules[0].condition: unexpected end of the expression: expected a string in double quotes, an integer or an IP address, at character 13';
  expect(await rig.refusal({ rules })).toBe(problem);
  expect((await api.get(PATH)).body.result).toEqual(before);

  const body = rig.bodyOf({ rules: [{ condition: 'http.host eq "a"' }] });
  const balancer = await api.create(PATH, body);
  for (const write of [api.put, api.patch]) {
    const refused = await write(`${PATH}/${balancer.id}`, { ...body, rules: [...balancer.rules, ...rules] });
    expect([refused.status, refused.body.errors[0].code]).toEqual([400, 1002]);
    expect(refused.body.errors[0].message).toContain('rules[1].condition: unexpected end of the expression');
  }
  expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(balancer);
});

test('patterns that come with a later write count together with those that are kept', async () => {
  const wide = (count: number) => `http.host matches "(?u)${'\\p{Lao}'.repeat(count)}"`;
  const rules = [30, 30, 30, 10].map((count) => ({ condition: wide(count) }));
  const { id } = (await api.post(PATH, rig.bodyOf({ rules }))).body.result;
  expect((await api.patch(`${PATH}/${id}`, { description: 'kept as they are' })).status).toBe(200);
  const refused = await api.patch(`${PATH}/${id}`, { rules: [...rules, { condition: wide(1) }] });
  expect(refused.body.errors[0].message).toContain(
    'rules[4].condition: the pattern: it takes 1 of the 100 Unicode classes that all rules have together, and 0 are left',
  );
});

test('T59 a condition may ask for fields of the other proxy mode', async () => {
  const rules = ['dns.qry.type eq 28', 'http.host eq "a"'].map((condition) => ({ ...DEFAULTS, condition }));
  expect((await rig.create({ rules, proxied: true })).rules).toEqual(rules);
  expect((await rig.create({ rules, proxied: false })).rules).toEqual(rules);
});

test('a refused rule leaves the load balancer as it was, and its name free', async () => {
  const balancer = await rig.create({ rules: [{ name: 'kept' }] });
  for (const rules of [[{ later: 1 }], [{ overrides: { pools: [ABSENT_ID] } }]]) {
    const refused = await api.patch(`${PATH}/${balancer.id}`, {
      rules,
      description: 'other',
      name: 'x.example.com',
    });
    expect(refused.status).toBe(400);
  }
  expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(balancer);
  expect((await rig.create({ name: 'x.example.com' })).name).toBe('x.example.com');
});

test('the same rules again are no change', async () => {
  const body = rig.bodyOf({ rules: [{ overrides: everyOverride() }, { fixed_response: {} }] });
  const balancer = await api.create(PATH, body);
  for (const again of [
    await api.put(`${PATH}/${balancer.id}`, body),
    await api.patch(`${PATH}/${balancer.id}`, body),
  ])
    expect(again.body.result).toEqual(balancer);
});
