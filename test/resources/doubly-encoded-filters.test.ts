import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const NAME = 'a b/c';
/** Reads like the encoding of another name. */
const ODD = 'a%20b%2Fc';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  for (const name of [NAME, ODD]) {
    await api.create('@/cfd_tunnel', { name });
    await api.create('@/warp_connector', { name: `warp ${name}` });
    await api.create('@/teamnet/virtual_networks', { name });
  }
  const tunnel = (await api.get('@/cfd_tunnel')).body.result[0].id;
  await api.create('@/zerotrust/subnets/warp', { name: NAME, comment: NAME, network: '172.16.0.0/16' });
  await api.create('@/teamnet/routes', { network: '10.0.0.0/8', tunnel_id: tunnel, comment: NAME });
  await api.create('@/zerotrust/routes/hostname', {
    hostname: 'a.example',
    tunnel_id: tunnel,
    comment: NAME,
  });
});
afterAll(() => offramp.stop());

const once = encodeURIComponent;
const twice = (value: string) => once(once(value));
const thrice = (value: string) => once(twice(value));
const SOON = '2100-01-01T00:00:00.52+02:00';

test.each([
  ['@/cfd_tunnel', 'name', NAME],
  ['@/tunnels', 'name', NAME],
  ['@/warp_connector', 'name', `warp ${NAME}`],
  ['@/teamnet/virtual_networks', 'name', NAME],
  ['@/zerotrust/subnets', 'name', NAME],
  ['@/zerotrust/subnets', 'comment', NAME],
  ['@/zerotrust/subnets', 'network', '172.16.0.0/16'],
  ['@/teamnet/routes', 'comment', NAME],
  ['@/teamnet/routes', 'network_subset', '10.0.0.0/8'],
  ['@/teamnet/routes', 'network_superset', '10.0.0.0/8'],
  ['@/zerotrust/routes/hostname', 'comment', NAME],
  ['@/cfd_tunnel', 'existed_at', SOON],
  ['@/tunnels', 'existed_at', SOON],
  ['@/warp_connector', 'existed_at', SOON],
  ['@/zerotrust/subnets', 'existed_at', SOON],
  ['@/teamnet/routes', 'existed_at', SOON],
  ['@/zerotrust/routes/hostname', 'existed_at', SOON],
  ['@/tunnels', 'was_inactive_at', SOON],
])('%s is found by a filter that is encoded twice: %s', async (path, filter, value) => {
  const found = async (encoded: string) => {
    const { status, body } = await api.get(`${path}?${filter}=${encoded}`);
    expect([status, body.errors]).toEqual([200, []]);
    return body.result;
  };
  const expected = await found(once(value));
  expect(expected.length).toBeGreaterThan(0);
  for (const encoded of [twice(value), thrice(value)])
    expect(await found(encoded)).toEqual(expect.arrayContaining(expected));
});

test('a name that reads like an encoding is found as it is', async () => {
  const names = async (query: string) =>
    (await api.get(`@/cfd_tunnel?name=${query}`)).body.result.map(({ name }: { name: string }) => name);
  expect(await names(once(NAME))).toEqual([NAME]);
  expect(await names(once(ODD))).toEqual([NAME, ODD]);
});

test.each(['name=%2500', 'name=%25zz', 'name=%25ff', 'name=%25ED%25A0%2580', 'comment=%2500'])(
  'a filter whose second decoding is no text finds nothing: %s',
  async (query) => {
    const { status, body } = await api.get(`@/zerotrust/subnets?${query}`);
    expect([status, body.result]).toEqual([200, []]);
  },
);

test.each(['existed_at=%25zz', 'existed_at=%2531', 'network=%25zz', 'network=10.0.0.1%252F8'])(
  'a filter that means nothing is refused however it is encoded: %s',
  async (query) => {
    const { status, body } = await api.get(`@/zerotrust/subnets?${query}`);
    expect([status, body.errors[0].code]).toEqual([400, 1030]);
  },
);
