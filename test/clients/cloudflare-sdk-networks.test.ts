import type Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { all, type Recorded, recorded, sdkOf } from '../support/sdk.js';

let offramp: RunningOfframp;
let client: Cloudflare;
let sdk: Recorded<Cloudflare['zeroTrust']['networks']>;
let account_id: string;
let tunnel_id: string;

beforeAll(async () => {
  // The SDK still has the routes by network, which Cloudflare removed the day after.
  offramp = await startOfframp(['--api-date', '2026-10-04']);
  client = sdkOf(offramp);
  sdk = recorded(client.zeroTrust.networks);
  account_id = offramp.accountId;
  tunnel_id = (await client.zeroTrust.tunnels.cloudflared.create({ account_id, name: 'sdk' })).id!;
});
afterAll(() => offramp.stop());

const ids = (items: readonly { id?: string }[]) => items.map(({ id }) => id).sort();

test('virtual networks: created, read back, listed, changed, deleted', async () => {
  const { virtualNetworks } = sdk.calls;
  const created = await virtualNetworks.create({ account_id, name: 'first', comment: 'one' });
  expect(await virtualNetworks.get(created.id, { account_id })).toEqual(created);
  for (let i = 0; i < 25; i += 1) await virtualNetworks.create({ account_id, name: `other ${i}` });
  expect(await all(virtualNetworks.list({ account_id, is_deleted: false }))).toHaveLength(27);
  const edited = await virtualNetworks.edit(created.id, { account_id, comment: 'two' });
  expect(edited).toEqual({ ...created, comment: 'two' });
  const deleted = await virtualNetworks.delete(created.id, { account_id });
  expect(deleted).toEqual({ ...edited, deleted_at: expect.any(String) });
  expect(ids(await all(virtualNetworks.list({ account_id, is_deleted: true })))).toEqual([created.id]);
});

test('routes: created, read back, listed to the end, changed, looked up, deleted', async () => {
  const { routes, virtualNetworks } = sdk.calls;
  const network = await virtualNetworks.create({ account_id, name: 'routed' });
  const inNetwork = { account_id, virtual_network_id: network.id };
  const created = await routes.create({ ...inNetwork, network: '10.0.0.0/24', tunnel_id, comment: 'one' });
  expect(await routes.get(created.id!, { account_id })).toMatchObject(created);
  const others = [];
  for (let i = 1; i < 23; i += 1)
    others.push(await routes.create({ ...inNetwork, network: `10.0.${i}.0/24`, tunnel_id }));
  const listed = await all(routes.list({ ...inNetwork, is_deleted: false, per_page: 5 }));
  expect(listed).toHaveLength(23);
  expect(ids(listed)).toEqual(ids([created, ...others]));
  const edited = await routes.edit(created.id!, { account_id, comment: 'two' });
  expect(edited).toEqual({ ...created, comment: 'two' });
  expect(await routes.ips.get('10.0.0.7', inNetwork)).toMatchObject({ id: created.id, tunnel_name: 'sdk' });
  expect(await routes.delete(created.id!, { account_id })).toEqual({
    ...edited,
    deleted_at: expect.any(String),
  });
  expect((await routes.ips.get('10.0.0.7', inNetwork)).id).toBeUndefined();
});

test('routes by network: created, changed, deleted under the encoded network', async () => {
  const { networks } = sdk.calls.routes;
  const encoded = encodeURIComponent('172.16.0.0/16');
  const created = await networks.create(encoded, { account_id, tunnel_id, comment: 'encoded' });
  expect(created).toMatchObject({ network: '172.16.0.0/16', tunnel_id, comment: 'encoded' });
  expect(await networks.edit(encoded, { account_id })).toEqual(created);
  expect(await networks.delete(encoded, { account_id, tunnel_id, tun_type: 'cfd_tunnel' })).toMatchObject({
    id: created.id,
    deleted_at: expect.any(String),
  });
});

test('hostname routes: created, read back, listed to the end, changed, deleted', async () => {
  const { hostnameRoutes } = sdk.calls;
  const created = await hostnameRoutes.create({
    account_id,
    hostname: 'one.internal',
    tunnel_id,
    comment: 'one',
  });
  expect(created).toMatchObject({ hostname: 'one.internal', tunnel_name: 'sdk', tun_type: 'cfd_tunnel' });
  expect(await hostnameRoutes.get(created.id!, { account_id })).toEqual(created);
  const others = [];
  for (let i = 0; i < 11; i += 1)
    others.push(await hostnameRoutes.create({ account_id, hostname: `other-${i}.internal`, tunnel_id }));
  const listed = await all(hostnameRoutes.list({ account_id, per_page: 5 }));
  expect(listed).toHaveLength(12);
  expect(ids(listed)).toEqual(ids([created, ...others]));
  const edited = await hostnameRoutes.edit(created.id!, { account_id, comment: 'two' });
  expect(edited).toEqual({ ...created, comment: 'two' });
  expect(await hostnameRoutes.delete(created.id!, { account_id })).toEqual({
    ...edited,
    deleted_at: expect.any(String),
  });
});

test('subnets: the given ones changed, own ones created, read back, listed to the end, changed, deleted', async () => {
  const { subnets } = sdk.calls;
  const created = await subnets.warp.create({ account_id, name: 'devices', network: '100.81.0.0/24' });
  expect(created).toMatchObject({ name: 'devices', network: '100.81.0.0/24', subnet_type: 'warp' });
  expect(await subnets.warp.get(created.id!, { account_id })).toEqual(created);
  for (let i = 1; i < 8; i += 1)
    await subnets.warp.create({ account_id, name: `devices ${i}`, network: `100.81.${i}.0/24` });
  const own = await all(subnets.list({ account_id, name: 'devices' }));
  expect(own.length).toBeGreaterThan(0);
  const warp = await all(subnets.list({ account_id, subnet_types: 'warp' }));
  expect(ids(warp)).toContain(created.id);
  const edited = await subnets.warp.edit(created.id!, { account_id, comment: 'edited' });
  expect(edited).toMatchObject({ id: created.id, comment: 'edited', network: created.network });

  const resolved = await subnets.initialResolvedIP.update('v4', { account_id, comment: 'resolved' });
  expect(resolved).toMatchObject({ subnet_type: 'initial_resolved_ip', comment: 'resolved' });
  expect(await subnets.initialResolvedIP.get('v4', { account_id })).toEqual(resolved);
  const source = await subnets.cloudflareSource.update('v6', { account_id, comment: 'source' });
  expect(source).toMatchObject({ subnet_type: 'cloudflare_source', comment: 'source' });

  await subnets.warp.delete(created.id!, { account_id });
  expect(ids(await all(subnets.list({ account_id, is_deleted: false })))).not.toContain(created.id);
});

test('connectivity settings: changed and read', async () => {
  const settings = recorded(client.zeroTrust.connectivitySettings);
  const changed = await settings.calls.edit({ account_id, icmp_proxy_enabled: true });
  expect(changed).toEqual({ icmp_proxy_enabled: true, offramp_warp_enabled: false });
  expect(await settings.calls.get({ account_id })).toEqual(changed);
  expect([settings.neverCalled(), settings.neverSucceeded()]).toEqual([[], []]);
});

test('every method of the SDK for networks was called with success', () => {
  expect(sdk.neverCalled()).toEqual([]);
  expect(sdk.neverSucceeded()).toEqual([]);
});
