import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/load_balancers/usage';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

test('usage counts what the account has, and follows what is created and deleted', async () => {
  const none = await api.get(PATH);
  expect(none.status).toBe(200);
  expect(none.body.result).toEqual({
    load_balancers: 0,
    monitors: 0,
    origins: 0,
    pools: 0,
    max_origins_per_pool: 0,
    minimum_monitor_interval: 0,
  });
  const monitors = [];
  for (const interval of [120, 60, 90])
    monitors.push(await api.create('@/load_balancers/monitors', { expected_codes: '200', interval }));
  const pools = [];
  for (const size of [1, 3, 2]) {
    const origins = Array.from({ length: size }, (_, i) => ({ name: `o${i}`, address: `1.1.${size}.${i}` }));
    pools.push(await api.create('@/load_balancers/pools', { name: `p${size}`, origins }));
  }
  const balancer = { default_pools: [pools[0].id], fallback_pool: pools[0].id };
  const ofZone = await api.create('%/load_balancers', { ...balancer, name: 'a.example.com' });
  await api.create('@/load_balancers', { ...balancer, name: 'private' });
  const all = {
    load_balancers: 2,
    monitors: 3,
    origins: 6,
    pools: 3,
    max_origins_per_pool: 3,
    minimum_monitor_interval: 60,
  };
  expect((await api.get(PATH)).body.result).toEqual(all);
  await api.delete(`%/load_balancers/${ofZone.id}`);
  await api.delete(`@/load_balancers/pools/${pools[1].id}`);
  await api.delete(`@/load_balancers/monitors/${monitors[1].id}`);
  expect((await api.get(PATH)).body.result).toEqual({
    load_balancers: 1,
    monitors: 2,
    origins: 3,
    pools: 2,
    max_origins_per_pool: 2,
    minimum_monitor_interval: 90,
  });
});

test('the usage of an account that is not there is not there', async () => {
  expect((await api.get(`/accounts/${'0'.repeat(32)}/load_balancers/usage`)).status).toBe(404);
});
