import Cloudflare, { NotFoundError } from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';

let offramp: RunningOfframp;
let client: Cloudflare;
let account_id: string;
const UNKNOWN = '11111111-2222-4333-8444-555555555555';

beforeAll(async () => {
  offramp = await startOfframp();
  client = new Cloudflare({ apiToken: 'test-token', baseURL: offramp.apiUrl });
  account_id = offramp.accountId;
});
afterAll(() => offramp.stop());

/** Everything that the SDK's own paging finds. */
async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

test('the official SDK configures a tunnel and asks for its tokens', async () => {
  const { cloudflared } = client.zeroTrust.tunnels;
  const tunnel = await cloudflared.create({ account_id, name: 'sdk', config_src: 'cloudflare' });
  const config = {
    ingress: [
      { hostname: 'app.example.com', service: 'http://localhost:8000', originRequest: { connectTimeout: 5 } },
      { hostname: '', service: 'http_status:404' },
    ],
  };
  const put = await cloudflared.configurations.update(tunnel.id!, { account_id, config });
  expect(put).toMatchObject({ version: 1, source: 'cloudflare', config });
  expect(await cloudflared.configurations.get(tunnel.id!, { account_id })).toEqual(put);
  expect(await cloudflared.management.create(tunnel.id!, { account_id, resources: ['logs'] })).toMatch(/^ey/);
  expect(await cloudflared.token.get(tunnel.id!, { account_id })).toMatch(/^ey/);
  expect(await all(cloudflared.connections.get(tunnel.id!, { account_id }))).toEqual([]);
  expect(await cloudflared.connections.delete(tunnel.id!, { account_id })).toBeNull();
  await expect(cloudflared.connectors.get(UNKNOWN, { account_id, tunnel_id: tunnel.id! })).rejects.toThrow(
    NotFoundError,
  );
});

test('the official SDK manages WARP connectors, and lists tunnels of all types', async () => {
  const { warpConnector } = client.zeroTrust.tunnels;
  const created = await warpConnector.create({ account_id, name: 'sdk-warp', ha: true });
  const id = created.id!;
  await warpConnector.edit(id, { account_id, name: 'sdk-warp-2' });
  const config = { vips: [{ address: '10.0.0.1' }] };
  expect(
    await warpConnector.configurations.update(id, { account_id, ha_mode: 'local', config }),
  ).toMatchObject({ ha_mode: 'local', config, configuration_version: 1 });
  expect((await warpConnector.configurations.get(id, { account_id })).ha_mode).toBe('local');
  expect(await warpConnector.token.get(id, { account_id })).toMatch(/^ey/);
  expect(await all(warpConnector.connections.get(id, { account_id }))).toEqual([]);
  await expect(warpConnector.failover.update(id, { account_id, client_id: UNKNOWN })).rejects.toThrow(
    /Cannot fail over/,
  );
  const listed = await all(
    client.zeroTrust.tunnels.list({
      account_id,
      tun_types: ['warp_connector', 'cfd_tunnel'],
      per_page: 1,
      is_deleted: false,
    }),
  );
  expect(listed.map(({ name }) => name)).toEqual(['sdk', 'sdk-warp-2']);
  expect(await all(warpConnector.list({ account_id, name: 'sdk-warp-2' }))).toHaveLength(1);
  expect((await warpConnector.delete(id, { account_id })).deleted_at).toEqual(expect.any(String));
  expect((await warpConnector.get(id, { account_id })).deleted_at).toEqual(expect.any(String));
});

test('the official SDK manages hostname routes', async () => {
  const { hostnameRoutes } = client.zeroTrust.networks;
  const tunnel = await client.zeroTrust.tunnels.cloudflared.create({ account_id, name: 'hosts' });
  const created = await hostnameRoutes.create({ account_id, hostname: 'wiki.local', tunnel_id: tunnel.id! });
  const edited = await hostnameRoutes.edit(created.id!, { account_id, comment: 'edited' });
  expect(await hostnameRoutes.get(created.id!, { account_id })).toEqual(edited);
  expect(await all(hostnameRoutes.list({ account_id, hostname: 'WIKI' }))).toEqual([edited]);
  await hostnameRoutes.delete(created.id!, { account_id });
  expect(await all(hostnameRoutes.list({ account_id }))).toEqual([]);
});

test('the official SDK manages subnets', async () => {
  const { subnets } = client.zeroTrust.networks;
  const created = await subnets.warp.create({ account_id, name: 'sdk', network: '10.9.0.0/24' });
  const edited = await subnets.warp.edit(created.id!, { account_id, comment: 'edited' });
  expect(await subnets.warp.get(created.id!, { account_id })).toEqual(edited);
  expect(await all(subnets.list({ account_id, per_page: 2, sort_order: 'desc' }))).toHaveLength(7);
  expect(await all(subnets.list({ account_id, network: '10.9.0.0/24' }))).toEqual([edited]);
  await subnets.warp.delete(created.id!, { account_id });
  expect(await subnets.warp.delete(created.id!, { account_id })).toBeNull();
  const resolved = await subnets.initialResolvedIP.update('v4', { account_id, name: 'resolved' });
  expect(await subnets.initialResolvedIP.get('v4', { account_id })).toEqual(resolved);
  const source = await subnets.cloudflareSource.update('v6', { account_id, comment: 'source' });
  expect(source).toMatchObject({ subnet_type: 'cloudflare_source', comment: 'source' });
});

test('the official SDK changes the connectivity settings', async () => {
  const { connectivitySettings } = client.zeroTrust;
  await connectivitySettings.edit({ account_id, icmp_proxy_enabled: true });
  expect(await connectivitySettings.get({ account_id })).toEqual({
    icmp_proxy_enabled: true,
    offramp_warp_enabled: false,
  });
});
