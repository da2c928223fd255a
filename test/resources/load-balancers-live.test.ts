import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../support/lab.js';
import { type TrafficClient, trafficClient } from '../support/traffic.js';

let lab: Lab;
let client: TrafficClient;
let pools: readonly { id: string }[];

beforeAll(async () => {
  lab = await openLab();
  client = trafficClient(lab.offramp.http);
  const origins = [await lab.startOrigin('first'), await lab.startOrigin('second')];
  await lab.connect();
  pools = await Promise.all(origins.map((origin) => lab.createPool(origin.name, [origin])));
});
afterAll(async () => {
  client.close();
  await lab.close();
});

const [FIRST, UNKNOWN] = [{ status: 200, body: 'first' }, { status: 530 }];
const bodyOf = (name: string, fields: object) => ({
  name,
  proxied: true,
  default_pools: pools.map(({ id }) => id),
  fallback_pool: pools[1]!.id,
  ...fields,
});

/** Everything here would send the request to the second pool, or to none. */
const second = () => [pools[1]!.id];
const SETTINGS: readonly [what: string, fields: () => object][] = [
  [
    'pools for every place',
    () => ({ region_pools: { WEU: second(), WNAM: second() }, country_pools: { DE: second() } }),
  ],
  ['dynamic_latency', () => ({ steering_policy: 'dynamic_latency' })],
  ['proximity', () => ({ steering_policy: 'proximity' })],
  [
    'least_outstanding_requests with weights',
    () => ({
      steering_policy: 'least_outstanding_requests',
      random_steering: { default_weight: 0, pool_weights: { [pools[1]!.id]: 1 } },
    }),
  ],
  [
    'least_connections with weights',
    () => ({
      steering_policy: 'least_connections',
      random_steering: { default_weight: 0, pool_weights: { [pools[1]!.id]: 1 } },
    }),
  ],
  ['a rule that is always true', () => ({ rules: [{ overrides: { default_pools: second() } }] })],
  ['a rule with a fixed response', () => ({ rules: [{ fixed_response: { status_code: 418 } }] })],
  ['a pool set for everything', () => ({ pool_sets: [{ overrides: { pools: second() } }] })],
];

test.each(SETTINGS)(
  'traffic does what the message says of %s: it goes to the first default pool',
  async (what, fields) => {
    const name = `${what.replaceAll(/[^a-z]/g, '-')}.example.com`;
    const created = await lab.api.post('%/load_balancers', bodyOf(name, fields()));
    expect(created.body.messages).toMatchObject([{ code: 10501 }]);
    for (let i = 0; i < 5; i++) expect(await client.get(name)).toEqual(FIRST);
  },
);

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
