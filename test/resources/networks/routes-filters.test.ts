import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
let first: string;
let second: string;
let lab: string;
let deleted: { id: string; created_at: string; deleted_at: string };
const PATH = '@/teamnet/routes';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  first = (await api.create('@/cfd_tunnel', { name: 'first' })).id;
  second = (await api.create('@/cfd_tunnel', { name: 'second' })).id;
  lab = (await api.create('@/teamnet/virtual_networks', { name: 'lab' })).id;
  const add = (network: string, more: object = {}) =>
    api.create(PATH, { network, tunnel_id: first, ...more });
  await add('10.0.0.0/8');
  await add('10.1.0.0/16', { tunnel_id: second, comment: 'office' });
  await add('10.1.2.0/24', { comment: 'off' });
  await add('10.1.0.0/16', { virtual_network_id: lab });
  await add('2001:db8::/32');
  await add('2001:db8:1::/48');
  const { id } = await add('10.9.0.0/16');
  deleted = (await api.delete(`${PATH}/${id}`)).body.result;
});
afterAll(() => offramp.stop());

const found = async (query: string): Promise<string[]> => {
  const { status, body } = await api.get(`${PATH}?${query}`);
  expect(status).toBe(200);
  return body.result.map((route: { network: string; virtual_network_name: string }) =>
    route.virtual_network_name === 'default'
      ? route.network
      : `${route.network} in ${route.virtual_network_name}`,
  );
};

const EVERYTHING = [
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.2.0/24',
  '10.1.0.0/16 in lab',
  '2001:db8::/32',
  '2001:db8:1::/48',
];

test.each([
  ['', EVERYTHING],
  ['is_deleted=false', EVERYTHING],
  ['is_deleted=true', ['10.9.0.0/16']],
  ['comment=office', ['10.1.0.0/16']],
  ['network_subset=10.1.0.0/16', ['10.1.0.0/16', '10.1.2.0/24', '10.1.0.0/16 in lab']],
  ['network_subset=10.1.255.255/16', ['10.1.0.0/16', '10.1.2.0/24', '10.1.0.0/16 in lab']],
  ['network_superset=10.1.0.0/16', ['10.0.0.0/8', '10.1.0.0/16', '10.1.0.0/16 in lab']],
  ['network_superset=10.1.2.3', ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '10.1.0.0/16 in lab']],
  ['network_subset=10.1.0.0/16&network_superset=10.1.0.0/16', ['10.1.0.0/16', '10.1.0.0/16 in lab']],
  ['network_subset=10.0.0.0%2F8&network_superset=10.0.0.0%2F8', ['10.0.0.0/8']],
  ['network_subset=::/0', ['2001:db8::/32', '2001:db8:1::/48']],
  ['network_superset=2001:DB8:1::/64', ['2001:db8::/32', '2001:db8:1::/48']],
  ['tun_types=cfd_tunnel&is_deleted=true', ['10.9.0.0/16']],
  ['tun_types=warp_connector&tun_types=cfd_tunnel&is_deleted=true', ['10.9.0.0/16']],
  ['tun_types=warp,cfd_tunnel&is_deleted=true', ['10.9.0.0/16']],
  ['tun_types=gre,ip_sec', []],
  ['existed_at=2000-01-01T00:00:00Z', []],
  ['existed_at=2100-01-01T00:00:00Z', EVERYTHING],
])('the list filters by %s', async (query, expected) => {
  expect(await found(query)).toEqual(expected);
});

test('the list filters by tunnel, by network and by id', async () => {
  expect(await found(`tunnel_id=${second}`)).toEqual(['10.1.0.0/16']);
  expect(await found(`virtual_network_id=${lab}`)).toEqual(['10.1.0.0/16 in lab']);
  expect(await found(`route_id=${deleted.id}`)).toEqual([]);
  expect(await found(`route_id=${deleted.id}&is_deleted=true`)).toEqual(['10.9.0.0/16']);
});

test('a deleted route existed until it was deleted', async () => {
  expect(await found(`route_id=${deleted.id}&existed_at=${deleted.created_at}`)).toHaveLength(
    deleted.created_at === deleted.deleted_at ? 0 : 1,
  );
  expect(await found(`route_id=${deleted.id}&existed_at=${deleted.deleted_at}`)).toEqual([]);
});

test('pages follow one another and end with an empty one', async () => {
  const seen: string[] = [];
  for (let page = 1; page <= 4; page++) {
    const { body } = await api.get(`${PATH}?per_page=2&page=${page}&is_deleted=false`);
    expect(body.result_info).toMatchObject({ page, per_page: 2, total_count: 6, total_pages: 3 });
    seen.push(...body.result.map(({ network }: { network: string }) => network));
  }
  expect(seen).toHaveLength(6);
  expect((await api.get(`${PATH}?page=2`)).body.result).toEqual([]);
});

test.each([
  'network_subset=10.0.0',
  'network_superset=',
  'tun_types=carrier_pigeon',
  'existed_at=1',
  'comment=a%00',
  'route_id=10.0.0.0',
  'tunnel_id=first',
  'virtual_network_id=lab',
  'is_deleted=1',
  'per_page=5000',
])('a filter that cannot be used is refused: %s', async (query) => {
  const { status, body } = await api.get(`${PATH}?${query}`);
  expect([status, body.errors[0].code]).toEqual([400, 1030]);
  expect(body.errors[0].message).toContain(query.split('=')[0]);
});

test.each([
  ['10.1.2.3', '10.1.2.0/24'],
  ['10.1.3.3', '10.1.0.0/16'],
  ['10.9.0.1', '10.0.0.0/8'],
  ['::ffff:10.1.2.3', '10.1.2.0/24'],
  ['2001:DB8:1::1', '2001:db8:1::/48'],
])('the address %s takes the route with the longest prefix, %s', async (ip, network) => {
  const { body } = await api.get(`${PATH}/ip/${encodeURIComponent(ip)}`);
  expect(body.result).toMatchObject({ network, tun_type: 'cfd_tunnel', virtual_network_name: 'default' });
});

test('an address is looked up in the network that is asked for', async () => {
  const inLab = await api.get(`${PATH}/ip/10.1.2.3?virtual_network_id=${lab}`);
  expect(inLab.body.result).toMatchObject({ network: '10.1.0.0/16', virtual_network_name: 'lab' });
  const none = [
    await api.get(`${PATH}/ip/10.2.0.1?virtual_network_id=${lab}`),
    await api.get(`${PATH}/ip/192.0.2.1`),
    await api.get(`${PATH}/ip/10.1.2.3?default_virtual_network_fallback=false`),
  ];
  for (const { status, body } of none) expect([status, body.result]).toEqual([200, {}]);
  const unknown = `${PATH}/ip/10.1.2.3?virtual_network_id=11111111-2222-4333-8444-555555555555`;
  expect((await api.get(unknown)).status).toBe(404);
  const malformed = await api.get(`${PATH}/ip/10.0.0.256`);
  expect([malformed.status, malformed.body.errors[0].code]).toEqual([400, 1030]);
  expect(malformed.body.errors[0].message).toContain('invalid address "10.0.0.256"');
});
