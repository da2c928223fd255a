import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  checkCount,
  checkInterval,
  checkOriginCount,
  checkRegions,
  type Quotas,
} from '../../../src/resources/accounts/quotas/guard.js';
import { type Api, apiOf } from '../../support/api.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

const NONE = Number.MAX_SAFE_INTEGER;
const QUOTAS: Quotas = {
  'load-balancers': 1,
  pools: 3,
  origins: 2,
  interval: 60,
  regions: 1,
  tunnels: 1,
  routes: 1,
};

test.each<[string, () => void, RegExp | null]>([
  ['as many pools as there may be', () => checkCount(QUOTAS, 'pools', 3), null],
  ['one pool more', () => checkCount(QUOTAS, 'pools', 4), /^exceeded quota: an account has at most 3 pools$/],
  ['half as many monitors again', () => checkCount(QUOTAS, 'monitors', 4), null],
  ['one monitor more', () => checkCount(QUOTAS, 'monitors', 5), /at most 4 monitors/],
  ['one load balancer more', () => checkCount(QUOTAS, 'load-balancers', 2), /at most 1 load balancers/],
  ['two origins', () => checkOriginCount(QUOTAS, 2), null],
  [
    'three origins',
    () => checkOriginCount(QUOTAS, 3),
    /^the origin list length must be in range \[1, 2\]: validation failed$/,
  ],
  ['no region', () => checkRegions(QUOTAS, null), null],
  [
    'two regions',
    () => checkRegions(QUOTAS, ['WEU', 'EEU']),
    /^the number of probe regions exceeds the allowed maximum/,
  ],
  ['all regions', () => checkRegions(QUOTAS, ['ALL_REGIONS']), /probe regions/],
  ['all regions without a limit', () => checkRegions({ ...QUOTAS, regions: NONE }, ['ALL_REGIONS']), null],
  ['a minute', () => checkInterval(QUOTAS, 60), null],
  [
    'less than a minute',
    () => checkInterval(QUOTAS, 59),
    /^interval is not in range \[60, 3600\]: validation failed$/,
  ],
])('%s', (_what, check, message) => {
  if (message) expect(check).toThrow(message);
  else expect(check).not.toThrow();
});

let offramp: RunningOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await startOfframp(['--quotas', 'free,pools=2,origins=2,load-balancers=1,tunnels=1,routes=1']);
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const POOLS = '@/load_balancers/pools';
const origin = (name: string) => ({ name, address: `${name}.example.net` });
const pool = (name: string, fields: object = {}) => ({ name, origins: [origin('one')], ...fields });
const refusal = async (method: string, path: string, body: unknown) => {
  const { status, body: answer } = await api.call(method, path, body);
  return [status, answer.errors[0]?.message];
};

test('with --quotas what is too much is refused, rolled back, and possible again when there is room', async () => {
  const [one] = [await api.create(POOLS, pool('one')), await api.create(POOLS, pool('two'))];
  expect(await refusal('POST', POOLS, pool('three'))).toEqual([
    400,
    'exceeded quota: an account has at most 2 pools',
  ]);
  expect((await api.get(POOLS)).body.result).toHaveLength(2);
  expect((await api.patch(`${POOLS}/${one.id}`, { description: 'still changes' })).status).toBe(200);
  const second = await api.create('/accounts', { name: 'Second' });
  expect((await api.post(`/accounts/${second.id}/load_balancers/pools`, pool('one'))).status).toBe(200);
  await api.delete(`${POOLS}/${one.id}`);
  expect((await api.post(POOLS, pool('three'))).status).toBe(200);
});

test('bounds of single members count for every write of the object', async () => {
  const [{ id, ...before }] = (await api.get(POOLS)).body.result;
  const tooMany = [origin('one'), origin('two'), origin('three')];
  const length = 'the origin list length must be in range [1, 2]: validation failed';
  expect(await refusal('PUT', `${POOLS}/${id}`, { name: before.name, origins: tooMany })).toEqual([
    400,
    length,
  ]);
  expect(await refusal('PATCH', `${POOLS}/${id}`, { origins: tooMany })).toEqual([400, length]);
  const regions = 'the number of probe regions exceeds the allowed maximum: validation failed';
  expect(await refusal('PATCH', `${POOLS}/${id}`, { check_regions: ['WEU', 'EEU'] })).toEqual([400, regions]);
  expect((await api.get(`${POOLS}/${id}`)).body.result).toEqual({ id, ...before });
  const monitor = { expected_codes: '200', interval: 59, timeout: 1, retries: 0 };
  const interval = 'interval is not in range [60, 3600]: validation failed';
  expect(await refusal('POST', '@/load_balancers/monitors', monitor)).toEqual([400, interval]);
});

test('monitors, load balancers, tunnels and routes are counted as well', async () => {
  const monitors = '@/load_balancers/monitors';
  for (let i = 0; i < 3; i++) await api.create(monitors, { expected_codes: '200' });
  expect(await refusal('POST', monitors, { expected_codes: '200' })).toEqual([
    400,
    'exceeded quota: an account has at most 3 monitors',
  ]);
  const [{ id }] = (await api.get(POOLS)).body.result;
  const balancer = (name: string) => ({
    name: `${name}.example.com`,
    default_pools: [id],
    fallback_pool: id,
  });
  await api.create('%/load_balancers', balancer('one'));
  expect(await refusal('POST', '%/load_balancers', balancer('two'))).toEqual([
    400,
    'exceeded quota: an account has at most 1 load balancers',
  ]);
  const tunnel = await api.create('@/cfd_tunnel', { name: 'one' });
  expect(await refusal('POST', '@/cfd_tunnel', { name: 'two' })).toEqual([
    400,
    'exceeded quota: an account has at most 1 tunnels',
  ]);
  const route = (network: string) => ({ network, tunnel_id: tunnel.id });
  await api.create('@/teamnet/routes', route('10.0.0.0/8'));
  expect(await refusal('POST', '@/teamnet/routes', route('10.1.0.0/16'))).toEqual([
    400,
    'exceeded quota: an account has at most 1 routes',
  ]);
  await api.delete(`@/cfd_tunnel/${tunnel.id}`);
  expect((await api.post('@/cfd_tunnel', { name: 'two' })).status).toBe(200);
});
