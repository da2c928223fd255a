import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/zerotrust/subnets';
const WARP = `${PATH}/warp`;
const UNKNOWN = '11111111-2222-4333-8444-555555555555';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const add = (name: string, network: string, fields: object = {}) =>
  api.create(WARP, { name, network, ...fields });
const reasonOf = (answer: Awaited<ReturnType<Api['get']>>, status: number, code: number): string => {
  expect([answer.status, answer.body.errors[0].code]).toEqual([status, code]);
  return answer.body.errors[0].message;
};

test('an account has the well-known subnets from the start, one of them the default', async () => {
  const { result } = (await api.get(PATH)).body;
  const short = result
    .map((subnet: Record<string, unknown>) => `${subnet.subnet_type} ${subnet.network}`)
    .sort();
  expect(short).toEqual([
    'cloudflare_source 100.64.0.0/12',
    'cloudflare_source 2606:4700:cf1:5000::/64',
    'initial_resolved_ip 172.64.128.0/20',
    'initial_resolved_ip 2606:4700:cf1:4000::/64',
    'warp 100.96.0.0/12',
    'warp 2606:4700:cf1:1000::/64',
  ]);
  const defaults = result.filter(
    ({ is_default_network }: { is_default_network: boolean }) => is_default_network,
  );
  expect(defaults).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'IPv4 Device IPs',
      network: '100.96.0.0/12',
      comment: '',
      is_default_network: true,
      subnet_type: 'warp',
      capacity: { total: 2 ** 20 - 2, used: 0 },
      created_at: expect.stringMatching(TIME),
      deleted_at: null,
    },
  ]);
});

test('a subnet for devices is created, read back, changed and deleted, which can be repeated', async () => {
  const created = await api.post(WARP, { name: 'lab', network: '10.10.0.0/24', comment: 'c' });
  const subnet = created.body.result;
  expect(subnet).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: 'lab',
    network: '10.10.0.0/24',
    comment: 'c',
    is_default_network: false,
    subnet_type: 'warp',
    capacity: { total: 254, used: 0 },
    created_at: expect.stringMatching(TIME),
    deleted_at: null,
  });
  expect(created.body.messages).toEqual([
    { code: 10501, message: 'network: no addresses are given out of it; it only keeps routes off' },
  ]);
  const one = `${WARP}/${subnet.id}`;
  expect((await api.get(one)).body.result).toEqual(subnet);
  expect((await api.patch(one, {})).body.result).toEqual(subnet);
  const changed = await api.patch(one, { name: 'lab 2', comment: null, network: '10.10.0.0/24' });
  expect(changed.body.result).toEqual({ ...subnet, name: 'lab 2', comment: '' });
  const deleted = await api.delete(one);
  expect(deleted.body.result).toEqual({
    ...changed.body.result,
    deleted_at: expect.stringMatching(TIME),
  });
  expect((await api.get(one)).body.errors).toEqual([{ code: 1026, message: 'Subnet not found' }]);
  for (const path of [one, `${WARP}/${UNKNOWN}`])
    expect((await api.delete(path)).body).toMatchObject({ success: true, result: null });
  expect((await api.patch(one, { name: 'back' })).body.errors).toEqual([
    { code: 1026, message: 'Subnet not found' },
  ]);
  await add('lab again', '10.10.0.0/24');
});

test('there is one default subnet, which gives way only to another', async () => {
  const first = await add('first default', '10.11.0.0/24', { is_default_network: true });
  const second = await add('second default', '10.12.0.0/24');
  const defaults = async () =>
    (await api.get(`${PATH}?is_default_network=true`)).body.result.map(({ id }: { id: string }) => id);
  expect(await defaults()).toEqual([first.id]);
  expect(reasonOf(await api.patch(`${WARP}/${first.id}`, { is_default_network: false }), 400, 1027)).toMatch(
    /"first default" is the default subnet; make another one the default/,
  );
  expect(reasonOf(await api.delete(`${WARP}/${first.id}`), 400, 1027)).toMatch(/cannot be deleted/);
  await api.patch(`${WARP}/${second.id}`, { is_default_network: true });
  expect(await defaults()).toEqual([second.id]);
  await api.delete(`${WARP}/${first.id}`);
});

test('a subnet overlaps no other, and takes in no route', async () => {
  const { id: tunnel_id } = await api.create('@/cfd_tunnel', { name: 'routed' });
  const route = await api.create('@/teamnet/routes', { network: '10.21.5.0/24', tunnel_id });
  await api.create('@/teamnet/routes', { network: '10.22.0.0/15', tunnel_id });
  await add('taken', '10.20.0.0/16');
  for (const network of ['10.20.0.0/16', '10.20.7.0/24', '10.20.0.0/15'])
    expect(reasonOf(await api.post(WARP, { name: 'n', network }), 409, 1028)).toBe(
      `network "${network}" overlaps an existing subnet's network at "10.20.0.0/16"`,
    );
  const around = { name: 'around', network: '10.21.0.0/16' };
  expect(reasonOf(await api.post(WARP, around), 409, 1028)).toBe(
    'network "10.21.0.0/16" contains the network "10.21.5.0/24" of an existing route',
  );
  await api.delete(`@/teamnet/routes/${route.id}`);
  await api.create(WARP, around);
  await add('more specific than a route', '10.22.1.0/24');
});

test('no route goes into a subnet, and may again when the subnet is gone', async () => {
  const { id: tunnel_id } = await api.create('@/cfd_tunnel', { name: 'kept off' });
  const subnet = await add('closed', '10.30.0.0/16');
  const route = { network: '10.30.1.0/24', tunnel_id };
  expect(reasonOf(await api.post('@/teamnet/routes', route), 400, 1030)).toBe(
    'This route\'s network is inside an existing subnet\'s network at "10.30.0.0/16"',
  );
  await api.delete(`${WARP}/${subnet.id}`);
  expect((await api.post('@/teamnet/routes', route)).status).toBe(200);
});

test.each<[object, RegExp, number?]>([
  [{ name: undefined }, /name/],
  [{ name: '' }, /name must not be empty/],
  [{ name: 'x'.repeat(257) }, /name must be at most 256 characters/],
  [{ name: 'a\0' }, /name must not contain NUL/],
  [{ network: undefined }, /network/],
  [{ network: '10.40.0.1/16' }, /network "10.40.0.1\/16" has bits set right of its prefix; did you mean/],
  [{ network: 'ten' }, /network has an invalid address "ten"/],
  [{ network: 5 }, /network must be a string/],
  [{ network: '10.40.0.0/25' }, /network "10.40.0.0\/25" must have a prefix of at most \/24/, 1027],
  [{ network: '10.40.0.1' }, /must have a prefix of at most \/24/, 1027],
  [{ network: '192.0.2.0/24' }, /must be inside one of 10.0.0.0\/8, 172.16.0.0\/12, 192.168.0.0\/16/, 1027],
  [{ network: '0.0.0.0/0' }, /must be inside one of/, 1027],
  [{ network: '172.64.144.0/20' }, /must be inside one of/, 1027],
  [{ network: 'fd00::/64' }, /"fd00::\/64" is an IPv6 network; only IPv4 ones can be created/, 1027],
  [{ comment: 'x'.repeat(257) }, /comment must be at most 256 characters/],
  [{ is_default_network: 'yes' }, /is_default_network/],
])('a body that cannot be used is refused: %j', async (part, message, code = 1030) => {
  const answer = await api.post(WARP, { name: 'refused', network: '10.40.0.0/24', ...part });
  expect(reasonOf(answer, 400, code)).toMatch(message);
  expect((await api.get(`${PATH}?name=refused`)).body.result).toEqual([]);
});

test('the network of a subnet cannot be changed, and an IPv6 subnet neither changed nor deleted', async () => {
  const { id } = await add('fixed', '10.41.0.0/24');
  expect(reasonOf(await api.patch(`${WARP}/${id}`, { network: '10.42.0.0/24' }), 400, 1027)).toMatch(
    /the network of the subnet, 10.41.0.0\/24, cannot be changed/,
  );
  const [v6] = (await api.get(`${PATH}?subnet_types=warp&address_family=v6`)).body.result;
  expect(reasonOf(await api.patch(`${WARP}/${v6.id}`, { name: 'n' }), 400, 1027)).toMatch(/IPv6 subnet/);
  expect((await api.patch(`${WARP}/${v6.id}`, { name: v6.name })).body.result).toEqual(v6);
  expect(reasonOf(await api.delete(`${WARP}/${v6.id}`), 400, 1027)).toMatch(/cannot be deleted/);
  expect((await api.get(`${WARP}/${v6.id}`)).body.result).toEqual(v6);
});

test.each([
  ['PUT', 'initial_resolved_ip', 'v4', '100.80.0.0/16', '8.8.8.0/24'],
  ['PUT', 'initial_resolved_ip', 'v6', 'fd12::/64', '2001:db8::/64'],
  ['PATCH', 'cloudflare_source', 'v4', '192.168.128.0/17', '10.0.0.0/7'],
  ['PATCH', 'cloudflare_source', 'v6', 'fd13::/64', '::/0'],
])('%s moves the subnet %s %s', async (method, type, family, network, outside) => {
  const path = `${PATH}/${type}/${family}`;
  const listed = `${PATH}?subnet_types=${type}&address_family=${family}`;
  const [before] = (await api.get(listed)).body.result;
  expect((await api.call(method, path, {})).body.result).toEqual(before);
  const body = { name: 'moved', network, comment: 'c' };
  const moved = await api.call(method, path, body);
  const expected = { ...before, ...body, capacity: moved.body.result?.capacity };
  expect(moved.body.result).toEqual(expected);
  expect(moved.body.messages).toMatchObject([{ code: 10501 }]);
  expect((await api.get(listed)).body.result).toEqual([expected]);
  expect(reasonOf(await api.call(method, path, { network: outside }), 400, 1027)).toMatch(
    /must be inside one of/,
  );
  const other = family === 'v4' ? 'fd00::/64' : '10.99.0.0/24';
  expect(reasonOf(await api.call(method, path, { network: other }), 400, 1027)).toBe(
    `network "${other}" must be an IP${family} network`,
  );
  expect((await api.call(method, path, { name: '' })).status).toBe(400);
  expect((await api.call(method, path, { name: null, comment: null })).body.result).toEqual({
    ...expected,
    comment: '',
  });
  expect((await api.call(method, `${PATH}/${type}/v5`, {})).status).toBe(404);
  if (type === 'initial_resolved_ip')
    expect((await api.get(path)).body.result).toEqual({ ...expected, comment: '' });
});

test('the initial resolved addresses move onto no route and no subnet, and are not for devices', async () => {
  const { id: tunnel_id } = await api.create('@/cfd_tunnel', { name: 'in the way' });
  await api.create('@/teamnet/routes', { network: '192.168.5.0/24', tunnel_id });
  const path = `${PATH}/initial_resolved_ip/v4`;
  expect(reasonOf(await api.put(path, { network: '192.168.0.0/20' }), 409, 1028)).toMatch(
    /contains the network "192.168.5.0\/24" of an existing route/,
  );
  expect(reasonOf(await api.put(path, { network: '100.100.0.0/16' }), 409, 1028)).toMatch(
    /overlaps an existing subnet's network at "100.96.0.0\/12"/,
  );
  const { id } = (await api.get(path)).body.result;
  expect((await api.get(`${WARP}/${id}`)).status).toBe(404);
  expect((await api.patch(`${WARP}/${id}`, { name: 'n' })).status).toBe(404);
  expect((await api.delete(`${WARP}/${id}`)).body.result).toBeNull();
  expect((await api.get(path)).body.result.deleted_at).toBeNull();
});

const names = async (query: string): Promise<string[]> => {
  const { status, body } = await api.get(`${PATH}?${query}`);
  expect(status).toBe(200);
  return body.result.map(({ name }: { name: string }) => name);
};

test('the list filters by everything, and sorts both ways', async () => {
  const a = await add('list-a', '172.16.1.0/24', { comment: 'listed' });
  await add('list-b', '172.16.2.0/24', { comment: 'listed' });
  const c = await add('list-c', '172.16.3.0/24', { comment: 'listed' });
  await api.delete(`${WARP}/${c.id}`);
  const listed = (query: string) => names(`comment=listed&${query}`);
  expect(await listed('')).toEqual(['list-a', 'list-b']);
  expect(await listed('sort_order=desc')).toEqual(['list-b', 'list-a']);
  expect(await listed('sort_order=asc&per_page=1&page=2')).toEqual(['list-b']);
  expect(await listed('is_deleted=true')).toEqual(['list-c']);
  expect(await listed('is_deleted=false')).toEqual(['list-a', 'list-b']);
  expect(await listed('name=list-b')).toEqual(['list-b']);
  expect(await listed('network=172.16.1.0%2F24')).toEqual(['list-a']);
  expect(await listed('address_family=v6')).toEqual([]);
  expect(await listed('is_default_network=true')).toEqual([]);
  expect(await listed('subnet_types=warp,cloudflare_source')).toHaveLength(2);
  expect(await listed('subnet_types=cloudflare_source&subnet_types=initial_resolved_ip')).toEqual([]);
  expect(await listed('existed_at=2000-01-01T00:00:00Z')).toEqual([]);
  expect(await listed(`existed_at=${a.created_at}`)).toContain('list-a');
  expect(await listed('existed_at=2100-01-01T00:00:00Z')).toEqual(['list-a', 'list-b']);
  expect(await names('address_family=v6')).toHaveLength(3);
});

test.each([
  'address_family=4',
  'subnet_types=magic',
  'sort_order=up',
  'network=x',
  'is_default_network=1',
  'existed_at=yesterday',
  'per_page=1001',
  'comment=%00',
])('a filter that means nothing is refused: %s', async (query) => {
  reasonOf(await api.get(`${PATH}?${query}`), 400, 1030);
});

test('of many who want the same network at once exactly one gets it', async () => {
  const body = { name: 'wanted', network: '172.20.0.0/24' };
  const answers = await Promise.all(Array.from({ length: 20 }, () => api.post(WARP, body)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)]);
});
