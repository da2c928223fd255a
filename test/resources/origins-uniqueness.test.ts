import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OfframpWithNetworks, startWithNetworks } from '../support/networks.js';

let world: OfframpWithNetworks;

beforeAll(async () => {
  world = await startWithNetworks(['--origin-uniqueness', 'pool']);
});
afterAll(() => world.offramp.stop());

test('--origin-uniqueness pool lets pools have the same address in different networks, and no pool have it twice', async () => {
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
