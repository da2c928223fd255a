import type Cloudflare from 'cloudflare';
import { APIError } from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sdkOf } from '../support/sdk.js';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';
import { eventually } from '../support/waiting.js';

let lab: SharedLab;
let client: Cloudflare;
let account_id: string;

beforeAll(async () => {
  lab = await openSharedLab();
  client = sdkOf(lab.offramp);
  account_id = lab.offramp.accountId;
});
afterAll(() => lab.close());

const failureOf = async (call: Promise<unknown>): Promise<InstanceType<typeof APIError>> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
  throw new Error('the call succeeded');
};

test('the official SDK does the main job and sees the second network with the same IP refused', async () => {
  const { networks, tunnels } = client.zeroTrust;
  const network = await networks.virtualNetworks.create({ account_id, name: 'sdk' });
  const tunnel = await tunnels.cloudflared.create({ account_id, name: 'sdk', config_src: 'local' });
  const route = await networks.routes.create({
    account_id,
    network: '127.0.0.0/8',
    tunnel_id: tunnel.id!,
    virtual_network_id: network.id,
  });
  expect((await networks.routes.get(route.id!, { account_id })).network).toBe('127.0.0.0/8');

  const origin = await lab.startOrigin('sdk-origin');
  await lab.connect();
  await networks.routes.edit(route.id!, { account_id, tunnel_id: lab.tunnelId });

  const monitor = await client.loadBalancers.monitors.create({
    account_id,
    type: 'http',
    expected_codes: '2xx',
    port: origin.port,
    interval: 1,
    timeout: 1,
    retries: 0,
  });
  const pool = await client.loadBalancers.pools.create({
    account_id,
    name: 'sdk',
    monitor: monitor.id!,
    origins: [{ name: 'one', address: origin.address, port: origin.port, virtual_network_id: network.id }],
  });
  const balancer = await client.loadBalancers.create({
    zone_id: lab.offramp.zoneId,
    name: 'sdk.example.com',
    default_pools: [pool.id!],
    fallback_pool: pool.id!,
  });
  expect(balancer.id).toMatch(/^[0-9a-f]{32}$/);

  await eventually(async () => {
    const health = await client.loadBalancers.pools.health.get(pool.id!, { account_id });
    // The SDK's type of this answer is not what the API sends: pop_health is a map by place.
    const [place] = Object.values(health.pop_health as unknown as Record<string, { healthy: boolean }>);
    return place?.healthy === true;
  });

  const other = await networks.virtualNetworks.create({ account_id, name: 'sdk-other' });
  await networks.routes.create({
    account_id,
    network: '127.0.0.0/8',
    tunnel_id: lab.tunnelId,
    virtual_network_id: other.id,
  });
  const refused = await failureOf(
    client.loadBalancers.pools.create({
      account_id,
      name: 'sdk-other',
      origins: [{ name: 'one', address: origin.address, virtual_network_id: other.id }],
    }),
  );
  expect(refused.status).toBe(400);
  expect(refused.errors[0]!.message).toContain(origin.address);
  expect(refused.errors[0]!.message).toContain(pool.id!);
});

test('200 simultaneous pairs of conflicting creates leave exactly 200 pools', async () => {
  const second = await lab.api.create('@/teamnet/virtual_networks', { name: 'contender' });
  await lab.api.create('@/teamnet/routes', {
    network: '127.0.0.0/8',
    tunnel_id: lab.tunnelId,
    virtual_network_id: second.id,
  });
  const before = (await client.loadBalancers.pools.list({ account_id })).result.length;
  const create = (pair: number, side: string, virtual_network_id: string) =>
    client.loadBalancers.pools
      .create({
        account_id,
        name: `pair-${pair}-${side}`,
        origins: [{ name: 'one', address: `127.9.${pair >> 8}.${pair & 255}`, virtual_network_id }],
      })
      .then(
        () => 'created',
        (error) => (error instanceof APIError && error.status === 400 ? 'refused' : String(error)),
      );
  const pairs = await Promise.all(
    Array.from({ length: 200 }, (_, pair) =>
      Promise.all([create(pair, 'a', lab.networkId), create(pair, 'b', second.id)]),
    ),
  );
  expect(pairs.filter((pair) => pair.sort().join() !== 'created,refused')).toEqual([]);
  expect((await client.loadBalancers.pools.list({ account_id })).result.length - before).toBe(200);
});
