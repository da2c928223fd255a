import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { httpOrigin } from '../support/fake-origins.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';
import { trafficClient } from '../support/traffic.js';

let offramp: SharedOfframp;
let api: Api;
const START = '2030-01-31T12:00:00Z';
beforeAll(async () => {
  offramp = await sharedOfframp(['--direct-network=127.0.0.0/8']);
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());
beforeEach(async () => void (await own('reset')));

async function own(target: string, given: object = {}): Promise<void> {
  const response = await fetch(new URL(`/_offramp/${target}`, offramp.apiUrl), {
    method: 'POST',
    headers: { authorization: 'Bearer test-token', 'content-type': 'application/json' },
    body: JSON.stringify(given),
  });
  expect(response.status).toBe(200);
}

async function ask(query: string, variables: object = {}, token = 'test-token') {
  const response = await fetch(`${offramp.apiUrl}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  expect(response.status).toBe(200);
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
  return (await response.json()) as any;
}

/** Two load balancers: one over two origins, and one of which the pool has none that answers. */
async function balancers() {
  const origins = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const { port } = await httpOrigin((_request, response) => response.end(name));
      return { name, address: name === 'one' ? '127.0.0.1' : 'localhost', port };
    }),
  );
  const main = await api.create('@/load_balancers/pools', { name: 'main', origins });
  const spare = await api.create('@/load_balancers/pools', {
    name: 'spare',
    origins: [{ name: 'only', address: '127.0.0.1', port: origins[0]!.port }],
  });
  for (const [name, pool] of [
    ['app', main],
    ['other', spare],
  ] as const)
    await api.create('%/load_balancers', {
      ...{ name: `${name}.example.com`, default_pools: [pool.id], fallback_pool: pool.id, proxied: true },
    });
  return { main, spare };
}

async function visit(host: string, times: number): Promise<void> {
  const client = trafficClient(offramp.http);
  for (let count = 0; count < times; count += 1)
    expect((await client.get(`${host}.example.com`)).status).toBe(200);
  client.close();
}

const groupsOf = (
  selection: string,
  more = '',
) => `query ($zone: string, $limit: Int!) { viewer { zones(filter: { zoneTag: $zone }) {
  loadBalancingRequestsAdaptiveGroups(limit: $limit ${more}) { ${selection} } } } }`;
const groups = async (selection: string, more = '') => {
  const { data, errors } = await ask(groupsOf(selection, more), { zone: offramp.zoneId, limit: 100 });
  expect(errors).toBeNull();
  return data.viewer.zones[0].loadBalancingRequestsAdaptiveGroups;
};

test('requests are counted by what is asked for, in the minute in which they were over', async () => {
  await own('clock', { stop: true, set: START });
  await balancers();
  await visit('app', 7);
  await own('clock', { advance_ms: 60_000 });
  await visit('app', 2);
  await visit('other', 3);
  expect(await groups('count')).toEqual([{ count: 12 }]);
  expect(
    await groups(
      'count avg { sampleInterval } dimensions { lbName datetimeMinute selectedPoolName coloCode steeringPolicy proxied }',
      'orderBy: [datetimeMinute_DESC, lbName_ASC]',
    ),
  ).toEqual(
    [
      [2, 'app', 'main', '12:01'],
      [3, 'other', 'spare', '12:01'],
      [7, 'app', 'main', '12:00'],
    ].map(([count, host, pool, at]) => ({
      count,
      avg: { sampleInterval: 1 },
      dimensions: {
        ...{ lbName: `${host}.example.com`, selectedPoolName: pool, coloCode: 'LOC', proxied: 1 },
        ...{ datetimeMinute: `2030-01-31T${at}:00Z`, steeringPolicy: 'off' },
      },
    })),
  );
  const byOrigin = await groups(
    'count dimensions { selectedOriginName }',
    'filter: { lbName: "app.example.com" }',
  );
  expect(byOrigin.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(9);
  // Unaligned, as a test's own clock is, and aligned, as exporters ask.
  const filter = (from: string, to: string) =>
    `filter: { datetime_geq: "2030-01-31T${from}Z", datetime_lt: "2030-01-31T${to}Z" }`;
  expect(await groups('count', filter('12:00:30', '12:01:00'))).toEqual([{ count: 7 }]);
  expect(await groups('count', filter('12:01:00', '12:02:00'))).toEqual([{ count: 5 }]);
  expect(await groups('count', filter('12:02:00', '12:03:00'))).toEqual([]);
  expect(
    await groups('count', 'filter: { OR: [{ lbName_like: "oth%" }, { selectedOriginName_in: ["nobody"] }] }'),
  ).toEqual([{ count: 3 }]);
});

test('what was counted before a reset is gone', async () => {
  await balancers();
  await visit('app', 1);
  expect(await groups('count')).toEqual([{ count: 1 }]);
  await own('reset');
  await balancers();
  await visit('app', 2);
  expect(await groups('count')).toEqual([{ count: 2 }]);
});

test('the last requests are shown one by one, with what there was to choose from', async () => {
  const { main } = await balancers();
  await visit('app', 2);
  const { data, errors } = await ask(
    `query ($zones: [String!], $from: Time!) { viewer { zones(filter: { zoneTag_in: $zones }) { zoneTag
      loadBalancingRequestsAdaptive(limit: 1, filter: { datetime_geq: $from }, orderBy: [datetime_DESC]) {
        lbName selectedPoolId selectedPoolHealthy sessionAffinityStatus
        pools { id poolName healthy healthCheckEnabled avgRttMs }
        origins { originName ipv4 fqdn health selected weight }
      } } } }`,
    { zones: [offramp.zoneId], from: '2020-01-01T00:00:00Z' },
  );
  expect(errors).toBeNull();
  const [zone] = data.viewer.zones;
  expect(zone.zoneTag).toBe(offramp.zoneId);
  const [row] = zone.loadBalancingRequestsAdaptive;
  expect(row).toMatchObject({
    lbName: 'app.example.com',
    selectedPoolId: main.id,
    pools: [{ id: main.id, poolName: 'main', healthy: 1, healthCheckEnabled: 0, avgRttMs: 0 }],
  });
  expect(row.origins).toEqual([
    { originName: 'one', ipv4: '127.0.0.1', fqdn: '', health: 1, selected: expect.any(Number), weight: 1 },
    { originName: 'two', ipv4: '', fqdn: 'localhost', health: 1, selected: expect.any(Number), weight: 1 },
  ]);
  expect(row.origins[0].selected + row.origins[1].selected).toBe(1);
});

test.each([
  ['{ viewer', 'Syntax Error'],
  ['{ viewer { zones { httpRequests1mGroups { count } } } }', "Offramp has the zones' datasets"],
  ['{ viewer { accounts { x } } }', "Offramp has the zones' datasets"],
  [
    '{ viewer { zones { loadBalancingRequestsAdaptiveGroups { count } } } }',
    '"limit" of type "uint64!" is required',
  ],
  [
    '{ viewer { zones { loadBalancingRequestsAdaptiveGroups(limit: 0) { count } } } }',
    'limit is 0; it takes 1 up to',
  ],
  [
    '{ viewer { zones { loadBalancingRequestsAdaptiveGroups(limit: 1, filter: { datetime_gt: "noon" }) { count } } } }',
    '"noon" is not a Time, such as 2030-01-31T12:00:00Z',
  ],
  [`{ viewer { zones(filter: { zoneTag: "${'0'.repeat(32)}" }) { zoneTag } } }`, 'there is no zone 000'],
  [
    `{ viewer { zones { ${Array.from({ length: 21 }, (_, i) => `a${i}: loadBalancingRequestsAdaptiveGroups(limit: 1) { count }`).join(' ')} } } }`,
    'a query may ask for 20 datasets',
  ],
])('%s is refused in the words of GraphQL', async (query, message) => {
  const { errors } = await ask(query);
  expect(errors[0]).toMatchObject({
    message: expect.stringContaining(message),
    extensions: { timestamp: expect.stringMatching(/^20.*Z$/) },
  });
});

test('a token sees the zones whose load balancers it may read, and no other', async () => {
  const token = async (name: string) => {
    const [group] = (await api.get(`/user/tokens/permission_groups?name=${encodeURIComponent(name)}`)).body
      .result;
    const resources = { [`com.cloudflare.api.account.zone.${offramp.zoneId}`]: '*' };
    const policies = [{ effect: 'allow', permission_groups: [{ id: group.id }], resources }];
    return (await api.create('/user/tokens', { name, policies })).value as string;
  };
  const zones = '{ viewer { zones { zoneTag } } }';
  expect((await ask(zones, {}, await token('Load Balancers Read'))).data.viewer.zones).toEqual([
    { zoneTag: offramp.zoneId },
  ]);
  const other = await token('DNS Read');
  expect((await ask(zones, {}, other)).data.viewer.zones).toEqual([]);
  const named = await ask(
    `{ viewer { zones(filter: { zoneTag: "${offramp.zoneId}" }) { zoneTag } } }`,
    {},
    other,
  );
  expect(named.errors[0].message).toContain('may not read its load balancers');
});

test('a query of thousands of words is not read', async () => {
  const { errors } = await ask(`{ viewer { ${'__typename '.repeat(2_000)} } }`);
  expect(errors[0].message).toContain('2000 tokens');
});

test.each(['%/settings', '@/alerting/v3/policies'])('%s is said not to be here', async (path) => {
  const { status, body } = await api.get(path);
  expect([status, body.errors[0].code]).toEqual([400, 10501]);
  expect(body.errors[0].message).toMatch(/^The list of .* is not implemented by this version of Offramp$/);
});
