import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { all, type Recorded, recorded, sdkOf } from '../support/sdk.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';
import { eventually } from '../support/waiting.js';

let offramp: SharedOfframp;
let sdk: Recorded<Cloudflare['loadBalancers']>;
let account_id: string;
/** Where 10.0.0.0/8 leads to a tunnel without a connector: health is looked for, and nothing leaves this machine. */
let virtual_network_id: string;

beforeAll(async () => {
  offramp = await sharedOfframp();
  account_id = offramp.accountId;
  const client = sdkOf(offramp);
  sdk = recorded(client.loadBalancers);
  const { networks, tunnels } = client.zeroTrust;
  const tunnel = await tunnels.cloudflared.create({ account_id, name: 'sdk' });
  const route = await networks.routes.create({ account_id, network: '10.0.0.0/8', tunnel_id: tunnel.id! });
  virtual_network_id = route.virtual_network_id!;
});
afterAll(() => offramp.stop());

const HTTP = { type: 'http', expected_codes: '2xx', description: 'first' } as const;
/** Whether the result of this pool, and of no other, has come: checks go on behind the answer to the request for them. */
const previewed = (results: object, poolId: string) => Object.keys(results).join() === poolId;
const ids = (items: readonly { id?: string }[]) => items.map(({ id }) => id);
const gone = (call: Promise<unknown>) => expect(call).rejects.toThrow(Cloudflare.NotFoundError);

async function createPool(name: string, fields: object = {}) {
  return await sdk.calls.pools.create({
    account_id,
    name,
    origins: [{ name: 'one', address: '10.0.0.1', virtual_network_id }],
    ...fields,
  });
}

test('monitors: created, read back, listed, changed, replaced, previewed, deleted', async () => {
  const { monitors, previews } = sdk.calls;
  const created = await monitors.create({ account_id, ...HTTP });
  const id = created.id!;
  expect(created).toMatchObject({ ...HTTP, interval: 60, method: 'GET', path: '/' });
  expect(await monitors.get(id, { account_id })).toEqual(created);
  const others = await Promise.all(
    Array.from({ length: 30 }, (_, i) => monitors.create({ account_id, ...HTTP, description: `other ${i}` })),
  );
  expect(ids(await all(monitors.list({ account_id }))).sort()).toEqual(ids([created, ...others]).sort());

  const edited = await monitors.edit(id, { account_id, interval: 90 });
  expect(edited).toEqual({ ...created, interval: 90, modified_on: edited.modified_on });
  const replaced = await monitors.update(id, { account_id, type: 'tcp', port: 80 });
  expect(replaced).toMatchObject({ id, type: 'tcp', port: 80, interval: 60, description: '' });
  expect(await monitors.get(id, { account_id })).toEqual(replaced);

  const pool = await createPool('with-monitor', { monitor: id });
  expect(await all(monitors.references.get(id, { account_id }))).toEqual([
    {
      reference_type: 'referrer',
      resource_type: 'pool',
      resource_id: pool.id,
      resource_name: 'with-monitor',
    },
  ]);
  const preview = await monitors.previews.create(id, { account_id, type: 'tcp', port: 80 });
  expect(preview.pools).toEqual({ [pool.id!]: 'with-monitor' });
  await eventually(async () => previewed(await previews.get(preview.preview_id!, { account_id }), pool.id!));

  await expect(monitors.delete(id, { account_id })).rejects.toMatchObject({ status: 412 });
  await sdk.calls.pools.delete(pool.id!, { account_id });
  expect(await monitors.delete(id, { account_id })).toEqual({ id });
  await gone(monitors.get(id, { account_id }));
});

test('monitor groups: created, read back, listed, changed, replaced, deleted with what they were', async () => {
  const { monitors, monitorGroups } = sdk.calls;
  const monitor = await monitors.create({ account_id, ...HTTP });
  const member = {
    monitor_id: monitor.id!,
    enabled: true,
    monitoring_only: false,
    must_be_healthy: true,
  };
  const created = await monitorGroups.create({ account_id, description: 'group', members: [member] });
  expect(created.members).toMatchObject([member]);
  const { id } = created;
  expect(await monitorGroups.get(id, { account_id })).toEqual(created);
  expect(await all(monitorGroups.list({ account_id }))).toEqual([created]);
  const edited = await monitorGroups.edit(id, { account_id, description: 'edited', members: [member] });
  expect(edited).toMatchObject({ id, description: 'edited', members: [member] });
  const without = { ...member, enabled: false };
  const replaced = await monitorGroups.update(id, {
    account_id,
    description: 'replaced',
    members: [without],
  });
  expect(replaced).toMatchObject({ id, description: 'replaced', members: [without] });
  expect(await monitorGroups.get(id, { account_id })).toEqual(replaced);

  const pool = await createPool('with-group', { monitor_group: id });
  expect(await all(monitorGroups.references.get(id, { account_id }))).toContainEqual({
    reference_type: 'referrer',
    resource_type: 'pool',
    resource_id: pool.id,
    resource_name: 'with-group',
  });
  await sdk.calls.pools.delete(pool.id!, { account_id });
  expect(await monitorGroups.delete(id, { account_id })).toEqual(replaced);
  await gone(monitorGroups.get(id, { account_id }));
});

test('pools: created, read back, listed, changed one by one and together, replaced, previewed, deleted', async () => {
  const { pools, previews } = sdk.calls;
  const monitor = await sdk.calls.monitors.create({ account_id, ...HTTP });
  const created = await createPool('pool', {
    monitor: monitor.id,
    origins: [
      {
        name: 'one',
        address: '10.0.0.1',
        virtual_network_id,
        weight: 0.5,
        header: { Host: ['one.example.com'] },
      },
      { name: 'two', address: '10.0.0.2', virtual_network_id, enabled: false, port: 8080 },
    ],
    load_shedding: {
      default_percent: 10,
      default_policy: 'hash',
      session_percent: 0,
      session_policy: 'hash',
    },
    origin_steering: { policy: 'hash' },
    notification_filter: { pool: { healthy: false } },
    latitude: 1.5,
    longitude: -2.5,
  });
  const id = created.id!;
  expect(await pools.get(id, { account_id })).toEqual(created);
  expect(created.origins).toMatchObject([{ weight: 0.5 }, { enabled: false, weight: 1 }]);
  const other = await createPool('another');
  expect(ids(await all(pools.list({ account_id }))).sort()).toEqual(ids([created, other]).sort());
  expect(ids(await all(pools.list({ account_id, monitor: monitor.id! })))).toEqual([id]);

  const edited = await pools.edit(id, { account_id, minimum_origins: 2 });
  expect(edited).toEqual({ ...created, minimum_origins: 2, modified_on: edited.modified_on });
  const bulk = await all(pools.bulkEdit({ account_id, notification_email: '' }));
  expect(bulk.map(({ name }) => name)).toEqual(['another', 'pool']);
  const replaced = await pools.update(id, {
    account_id,
    name: 'renamed',
    origins: [{ name: 'one', address: '10.0.0.9', virtual_network_id }],
    monitor: monitor.id!,
  });
  expect(replaced).toMatchObject({ id, name: 'renamed', minimum_origins: 1, created_on: created.created_on });
  expect(replaced).not.toHaveProperty('load_shedding');
  expect(await pools.get(id, { account_id })).toEqual(replaced);

  const health = await pools.health.get(id, { account_id });
  expect(health.pool_id).toBe(id);
  const preview = await pools.health.create(id, { account_id, ...HTTP });
  expect(preview.pools).toEqual({ [id]: 'renamed' });
  await eventually(async () => previewed(await previews.get(preview.preview_id!, { account_id }), id));
  expect(await all(pools.references.get(id, { account_id }))).toEqual([
    {
      reference_type: 'referral',
      resource_type: 'monitor',
      resource_id: monitor.id,
      resource_name: 'first',
    },
  ]);
  for (const pool of [id, other.id!]) expect(await pools.delete(pool, { account_id })).toEqual({ id: pool });
  await gone(pools.get(id, { account_id }));
});

test.each(['zone', 'account'])(
  'load balancers of a %s: created, read back, listed, changed, replaced, deleted',
  async (owner) => {
    const where = owner === 'zone' ? { zone_id: offramp.zoneId } : { account_id };
    const balancers = sdk.calls;
    const pool = await createPool(`of-${owner}`);
    const pools = { default_pools: [pool.id!], fallback_pool: pool.id! };
    const created = await balancers.create({
      ...where,
      ...pools,
      name: `${owner}.example.com`,
      description: 'first',
      steering_policy: 'random',
      random_steering: { default_weight: 0.5, pool_weights: { [pool.id!]: 0.3 } },
      session_affinity: 'cookie',
      session_affinity_ttl: 5000,
      country_pools: { DE: [pool.id!] },
      rules: [{ name: 'rule', condition: 'http.request.uri.path contains "/x"', overrides: { ttl: 30 } }],
    });
    const id = created.id!;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(await balancers.get(id, where)).toEqual(created);
    expect(await all(balancers.list(where))).toEqual([created]);
    const edited = await balancers.edit(id, { ...where, description: 'edited' });
    expect(edited).toEqual({ ...created, description: 'edited', modified_on: edited.modified_on });
    const replaced = await balancers.update(id, { ...where, ...pools, name: `${owner}.example.com` });
    expect(replaced).toMatchObject({ id, description: '', steering_policy: 'off', session_affinity: 'none' });
    expect(await balancers.get(id, where)).toEqual(replaced);
    const reference = { reference_type: 'referrer', resource_type: 'load_balancer', resource_id: id };
    expect(await all(sdk.calls.pools.references.get(pool.id!, { account_id }))).toMatchObject([reference]);
    await expect(sdk.calls.pools.delete(pool.id!, { account_id })).rejects.toMatchObject({ status: 412 });
    expect(await balancers.delete(id, where)).toEqual({ id });
    await gone(balancers.get(id, where));
    await sdk.calls.pools.delete(pool.id!, { account_id });
  },
);

test('regions: all of them, and one', async () => {
  const { regions } = sdk.calls;
  const everywhere = (await regions.list({ account_id })) as { regions: { region_code: string }[] };
  expect(everywhere.regions).toHaveLength(13);
  const one = (await regions.get('WEU', { account_id })) as typeof everywhere;
  expect(one.regions.map(({ region_code }) => region_code)).toEqual(['WEU']);
});

test('search: finds by name, in the shape in which the SDK sees no items', async () => {
  const pool = await createPool('needle');
  expect(await all(sdk.calls.searches.list({ account_id, query: 'needle' }))).toEqual([]);
  const answer = await sdkOf(offramp)
    .loadBalancers.searches.list({ account_id, query: 'needle' })
    .asResponse();
  const { result } = (await answer.json()) as { result: { resources: unknown[] } };
  expect(result.resources).toMatchObject([
    { resource_type: 'pool', resource_id: pool.id, resource_name: 'needle' },
  ]);
});

test('every method of the SDK for load balancers was called with success', () => {
  expect(sdk.neverCalled()).toEqual([]);
  expect(sdk.neverSucceeded()).toEqual([]);
});
