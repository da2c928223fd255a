import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { runConnector } from '../../support/connectors.js';
import { createNetworks, type Networks } from '../../support/networks.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';
import { startOriginProcess } from '../../support/origin-process.js';
import { trafficClient } from '../../support/traffic.js';
import { eventually } from '../../support/waiting.js';

let world: { readonly offramp: RunningOfframp; readonly api: Api; readonly networks: Networks };

beforeAll(async () => {
  const offramp = await startOfframp(['--origin-uniqueness', 'pool']);
  const api = apiOf(offramp);
  world = { offramp, api, networks: await createNetworks(api) };
});
afterAll(() => world.offramp.stop());

test('T110 --origin-uniqueness pool lets pools have the same address in different networks, and no pool have it twice', async () => {
  const { api, networks } = world;
  const origin = (virtual_network_id: string) => ({
    name: virtual_network_id,
    address: '10.0.0.1',
    virtual_network_id,
  });
  await api.create('@/load_balancers/pools', { name: 'east', origins: [origin(networks.east)] });
  await api.create('@/load_balancers/pools', { name: 'west', origins: [origin(networks.west)] });
  const both = { name: 'both', origins: [origin(networks.east), origin(networks.west)] };
  const refused = await api.post('@/load_balancers/pools', both);
  expect([refused.status, refused.body.errors[0].code]).toEqual([400, 1002]);
  expect(refused.body.errors[0].message).toContain('must be unique in the pool');
});

test('T110 the same private address in two virtual networks leads to two servers', async () => {
  const { api, offramp } = world;
  const client = trafficClient(offramp.http);
  onTestFinished(() => client.close());
  for (const name of ['north', 'south']) {
    const server = await startOriginProcess(name, '127.0.0.1');
    onTestFinished(() => server.kill());
    const network = await api.create('@/teamnet/virtual_networks', { name });
    const tunnel = await api.create('@/cfd_tunnel', { name });
    const place = { virtual_network_id: network.id };
    await api.create('@/teamnet/routes', { network: '10.9.0.0/16', tunnel_id: tunnel.id, ...place });
    const token = (await api.get(`@/cfd_tunnel/${tunnel.id}/token`)).body.result;
    const map = [`10.9.0.1:80=127.0.0.1:${server.port}`];
    const connector = await runConnector('ours', offramp, token, map);
    onTestFinished(() => connector.stop());
    const origins = [{ name: 'same', address: '10.9.0.1', port: 80, ...place }];
    const pool = await api.create('@/load_balancers/pools', { name, origins });
    const pools = { default_pools: [pool.id], fallback_pool: pool.id };
    await api.create('%/load_balancers', { name: `${name}.example.com`, proxied: true, ...pools });
  }
  for (const name of ['north', 'south', 'north'])
    await eventually(async () => (await client.get(`${name}.example.com`)).body === name);
});
