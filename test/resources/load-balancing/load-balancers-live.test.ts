import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../../support/lab.js';
import { type TrafficClient, trafficClient } from '../../support/traffic.js';

let lab: Lab;
let client: TrafficClient;
/** Behind the first an origin that refuses, behind the others one that answers with the name. */
let pools: Record<'dead' | 'first' | 'second', { id: string }>;

beforeAll(async () => {
  lab = await openLab(['--pop', 'AMS', '--region', 'WEU', '--country', 'NL', '--coordinates', '52.4,4.9']);
  client = trafficClient(lab.offramp.http);
  const [dead, first, second] = [
    await lab.startOrigin('dead'),
    await lab.startOrigin('first'),
    await lab.startOrigin('second'),
  ];
  await dead.kill();
  await lab.connect();
  pools = {
    dead: await lab.createPool('dead', [dead], { latitude: -80, longitude: 0 }),
    first: await lab.createPool('first', [first], { latitude: 40.7, longitude: -74 }),
    second: await lab.createPool('second', [second], { latitude: 48.9, longitude: 2.4 }),
  };
});
afterAll(async () => {
  client.close();
  await lab.close();
});

const [FIRST, SECOND, UNKNOWN] = [
  { status: 200, body: 'first' },
  { status: 200, body: 'second' },
  { status: 530 },
];
const bodyOf = (name: string, fields: object) => ({
  name,
  proxied: true,
  default_pools: [pools.first.id, pools.second.id],
  fallback_pool: pools.dead.id,
  ...fields,
});

const second = () => [pools.second.id];
const weights = () => ({ default_weight: 0, pool_weights: { [pools.second.id]: 1 } });
const SETTINGS: readonly [what: string, fields: () => object][] = [
  ['pools for its region', () => ({ region_pools: { WEU: second() } })],
  ['pools for its country', () => ({ country_pools: { NL: second() }, region_pools: { WEU: [] } })],
  ['pools for its data centre', () => ({ pop_pools: { AMS: second() }, steering_policy: 'geo' })],
  ['the nearest pool', () => ({ steering_policy: 'proximity' })],
  ['random weights', () => ({ steering_policy: 'random', random_steering: weights() })],
  [
    'least_outstanding_requests with weights',
    () => ({ steering_policy: 'least_outstanding_requests', random_steering: weights() }),
  ],
  [
    'least_connections with weights',
    () => ({ steering_policy: 'least_connections', random_steering: weights() }),
  ],
  ['a rule that always holds', () => ({ rules: [{ overrides: { default_pools: second() } }] })],
  [
    'a rule that holds for it',
    () => ({
      rules: [{ condition: 'http.request.method eq "GET"', overrides: { default_pools: second() } }],
    }),
  ],
  ['a pool set for everything', () => ({ pool_sets: [{ overrides: { pools: second() } }] })],
  [
    'a pool set for its place',
    () => ({
      pool_sets: [
        { match: { topology: { countries: ['US'] } }, overrides: { pools: [pools.first.id] } },
        {
          match: { topology: { countries: ['NL'], regions: ['WEU'] } },
          overrides: { pools: second() },
        },
      ],
    }),
  ],
  [
    'failover across pools',
    () => ({
      default_pools: [pools.dead.id, pools.second.id],
      adaptive_routing: { failover_across_pools: true },
    }),
  ],
];

test.each(SETTINGS)('traffic follows %s to the second pool', async (what, fields) => {
  const name = `${what.replaceAll(/[^a-z]/g, '-')}.example.com`;
  const created = await lab.api.post('%/load_balancers', bodyOf(name, fields()));
  expect([created.status, created.body.messages]).toEqual([200, []]);
  for (let i = 0; i < 3; i++) expect(await client.get(name)).toEqual(SECOND);
});

const ELSEWHERE: typeof SETTINGS = [
  ['pools for another country', () => ({ country_pools: { US: second() } })],
  [
    'a rule that does not hold',
    () => ({ rules: [{ condition: 'http.host eq "x"', overrides: { default_pools: second() } }] }),
  ],
  [
    'a pool set for another place',
    () => ({
      pool_sets: [
        { match: { topology: { countries: ['NL'], regions: ['EEU'] } }, overrides: { pools: second() } },
      ],
    }),
  ],
];

test.each(ELSEWHERE)('traffic does not follow %s', async (what, fields) => {
  const name = `${what.replaceAll(/[^a-z]/g, '-')}.example.com`;
  await lab.api.create('%/load_balancers', bodyOf(name, fields()));
  for (let i = 0; i < 3; i++) expect(await client.get(name)).toEqual(FIRST);
});

test('T51 of two rules the one with the lower priority is first, wherever it stands', async () => {
  const name = 'priorities.example.com';
  const rules = [
    { priority: 10, overrides: { default_pools: [pools.first.id] } },
    { priority: 5, terminates: true, overrides: { default_pools: second() } },
  ];
  await lab.api.create('%/load_balancers', bodyOf(name, { rules }));
  expect(await client.get(name)).toEqual(SECOND);
});

test.each([
  ['Capitals.Example.COM', 'capitals.example.com'],
  ['bücher.example.com', 'xn--bcher-kva.example.com'],
])('a load balancer that is called %s is reached as %s', async (name, host) => {
  await lab.api.create('%/load_balancers', bodyOf(name, {}));
  expect(await client.get(host)).toEqual(FIRST);
});

test('a zone beyond ASCII has load balancers and DNS records, and origins that are asked for its names', async () => {
  const account = { id: lab.offramp.accountId };
  const zone = await lab.api.create('/zones', { name: 'bücher.test', account });
  const path = `/zones/${zone.id}/load_balancers`;
  const balancer = await lab.api.create(path, bodyOf('www.bücher.test', {}));
  expect(balancer).toMatchObject({ name: 'www.bücher.test', zone_name: 'bücher.test' });
  expect(await client.get('www.xn--bcher-kva.test')).toEqual(FIRST);
  const refused = await lab.api.post(path, bodyOf('www.buecher.test', {}));
  expect(refused.body.errors[0].message).toContain('it must be bücher.test or end in .bücher.test');
  const origins = ['www.bücher.test', 'www.xn--bcher-kva.test'].map((host, index) => ({
    name: host,
    address: `1.1.1.${index}`,
    header: { Host: [host] },
  }));
  const pool = await lab.api.create('@/load_balancers/pools', { name: 'books', origins });
  expect(pool.origins).toMatchObject(origins);
});

test.each([undefined, false])(
  'a fixed response ends the rules, with terminates %s as well',
  async (terminates) => {
    const name = `fixed-${terminates}.example.com`;
    const rules = [
      { terminates, fixed_response: { status_code: 418, message_body: 'short' } },
      { fixed_response: { status_code: 200, message_body: 'never' } },
    ];
    await lab.api.create('%/load_balancers', bodyOf(name, { rules }));
    expect(await client.get(name)).toMatchObject({ status: 418, body: 'short' });
  },
);

test('T53 a disabled rule does not count, and neither does a disabled pool set', async () => {
  const name = 'disabled.example.com';
  const overrides = { pools: second() };
  await lab.api.create(
    '%/load_balancers',
    bodyOf(name, {
      rules: [{ disabled: true, overrides: { default_pools: second() } }],
      pool_sets: [{ disabled: true, overrides }],
    }),
  );
  expect(await client.get(name)).toEqual(FIRST);
});

test('a retry stays inside the pool without failover across pools', async () => {
  const name = 'inside.example.com';
  await lab.api.create('%/load_balancers', bodyOf(name, { default_pools: [pools.dead.id, pools.second.id] }));
  expect((await client.get(name)).status).not.toBe(200);
});

test('a pool that sheds everything is passed over', async () => {
  const name = 'shed.example.com';
  const one = `@/load_balancers/pools/${pools.first.id}`;
  await lab.api.create('%/load_balancers', bodyOf(name, {}));
  await lab.api.patch(one, { load_shedding: { default_percent: 100 } });
  expect(await client.get(name)).toEqual(SECOND);
  await lab.api.patch(one, { load_shedding: { default_percent: 0 } });
  expect(await client.get(name)).toEqual(FIRST);
});

test.each(['least_connections', 'least_outstanding_requests', 'hash', 'random'])(
  'a pool with origin steering %s takes traffic',
  async (policy) => {
    const origin = await lab.startOrigin(`steered by ${policy}`);
    const name = `${policy.replaceAll('_', '-')}-pool`;
    const pool = await lab.createPool(name, [origin], { origin_steering: { policy } });
    await lab.createLoadBalancer(`${name}.example.com`, [pool]);
    for (let i = 0; i < 3; i++)
      expect(await client.get(`${name}.example.com`)).toEqual({ status: 200, body: origin.name });
  },
);

test('the proxy serves a name for a zone, and does not know it for an account', async () => {
  const name = 'private.example.com';
  await lab.api.create('@/load_balancers', bodyOf(name, {}));
  expect(await client.get(name)).toMatchObject(UNKNOWN);
  const ofZone = await lab.api.create('%/load_balancers', bodyOf(name, {}));
  expect(await client.get(name)).toEqual(FIRST);
  await lab.api.delete(`%/load_balancers/${ofZone.id}`);
  expect(await client.get(name)).toMatchObject(UNKNOWN);
});
