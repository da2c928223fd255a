import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
let tunnel: string;
let otherTunnel: string;
let defaultNetwork: string;
let staging: string;
const PATH = '@/teamnet/routes';
const UNKNOWN = '11111111-2222-4333-8444-555555555555';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  tunnel = (await api.create('@/cfd_tunnel', { name: 'first' })).id;
  otherTunnel = (await api.create('@/cfd_tunnel', { name: 'second' })).id;
  staging = (await api.create('@/teamnet/virtual_networks', { name: 'staging' })).id;
  const networks = await api.get('@/teamnet/virtual_networks?is_default_network=true');
  defaultNetwork = networks.body.result[0].id;
});
afterAll(() => offramp.stop());

const add = (network: string, more: object = {}) => api.create(PATH, { network, tunnel_id: tunnel, ...more });

test('a route is created in the default network, read back with names, changed and deleted', async () => {
  const created = await api.post(PATH, { network: '10.1.0.0/16', tunnel_id: tunnel });
  expect(created.status).toBe(200);
  const route = created.body.result;
  expect(route).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    network: '10.1.0.0/16',
    tunnel_id: tunnel,
    virtual_network_id: defaultNetwork,
    comment: '',
    created_at: expect.stringMatching(TIME),
    deleted_at: null,
  });
  const named = {
    ...route,
    tun_type: 'cfd_tunnel',
    tunnel_name: 'first',
    virtual_network_name: 'default',
  };
  expect((await api.get(`${PATH}/${route.id}`)).body.result).toEqual(named);
  expect((await api.get(`${PATH}?route_id=${route.id}`)).body.result).toEqual([named]);

  const changes = { comment: 'moved', tunnel_id: otherTunnel, virtual_network_id: staging };
  const changed = await api.patch(`${PATH}/${route.id}`, { ...changes, network: '10.2.0.0/16' });
  expect(changed.body.result).toEqual({ ...route, ...changes, network: '10.2.0.0/16' });

  const deleted = await api.delete(`${PATH}/${route.id}`);
  expect(deleted.body.result).toEqual({
    ...changed.body.result,
    deleted_at: expect.stringMatching(TIME),
  });
  for (const gone of [
    await api.get(`${PATH}/${route.id}`),
    await api.patch(`${PATH}/${route.id}`, { comment: 'back' }),
    await api.delete(`${PATH}/${route.id}`),
  ])
    expect([gone.status, gone.body.errors[0].code]).toEqual([404, 1015]);
  expect((await api.get(`${PATH}?route_id=${route.id}&is_deleted=true`)).body.result).toMatchObject([
    { deleted_at: deleted.body.result.deleted_at, tunnel_name: 'second', virtual_network_name: 'staging' },
  ]);
});

test.each([
  ['10.3.0.0/16', '10.3.0.0/16'],
  ['10.3.0.1', '10.3.0.1/32'],
  ['192.0.2.1/32', '192.0.2.1/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:db8::/64', '2001:db8::/64'],
  ['2001:DB8:0:0:1::/80', '2001:db8:0:0:1::/80'],
  ['fd00::1', 'fd00::1/128'],
  ['::ffff:10.4.0.0/112', '10.4.0.0/16'],
])('the network %s is kept as %s', async (network, canonical) => {
  expect((await add(network)).network).toBe(canonical);
});

test.each([
  ['10.0.0.5/8', /"10.0.0.5\/8" has bits set right of its prefix; did you mean 10.0.0.0\/8\?/],
  ['2001:db8::1/64', /did you mean 2001:db8::\/64\?/],
  ['10.0.0.0/33', /network has an invalid address "10.0.0.0\/33"/],
  ['10.0.0/8', /invalid address/],
  ['10.0.0.0/08', /invalid address/],
  ['010.0.0.0/8', /invalid address/],
  ['fe80::1%eth0/64', /invalid address/],
  ['example.com', /invalid address/],
  ['', /invalid address/],
  ['x'.repeat(1000), /at most 64 characters/],
  ['100.96.0.0/12', /inside an existing subnet's network at "100.96.0.0\/12"/],
  ['100.100.1.2', /inside an existing subnet's network at "100.96.0.0\/12"/],
])('the network %s is refused', async (network, message) => {
  const answer = await api.post(PATH, { network, tunnel_id: tunnel });
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1030]);
  expect(answer.body.errors[0].message).toMatch(message);
});

test('a network that only contains the reserved range is fine, and no PATCH moves a route into it', async () => {
  const route = await add('100.64.0.0/10');
  const moved = await api.patch(`${PATH}/${route.id}`, { network: '100.97.0.0/16' });
  expect(moved.body.errors[0].message).toMatch(/100.96.0.0\/12/);
});

test.each([
  [{ tunnel_id: 'x' }, 400, /tunnel_id must be valid UUID/],
  [{ tunnel_id: UNKNOWN }, 404, /Tunnel not found/],
  [{ tunnel_id: undefined }, 400, /tunnel_id/],
  [{ network: undefined }, 400, /network/],
  [{ comment: 'x'.repeat(101) }, 400, /comment must be at most 100 characters/],
  [{ comment: 5 }, 400, /comment/],
  [{ virtual_network_id: UNKNOWN }, 404, /Virtual network not found/],
  [{ virtual_network_id: 'default' }, 400, /virtual_network_id must be valid UUID/],
])('a body that cannot be used is refused: %j', async (part, status, message) => {
  const answer = await api.post(PATH, { network: '10.250.0.0/16', tunnel_id: tunnel, ...part });
  expect(answer.status).toBe(status);
  expect(answer.body.errors[0].message).toMatch(message);
  expect((await api.get(`${PATH}?network_subset=10.250.0.0/16`)).body.result).toEqual([]);
});

test('a deleted tunnel or network takes no routes', async () => {
  const gone = await api.create('@/cfd_tunnel', { name: 'gone' });
  await api.delete(`@/cfd_tunnel/${gone.id}`);
  expect((await api.post(PATH, { network: '10.9.0.0/16', tunnel_id: gone.id })).status).toBe(404);
  const network = await api.create('@/teamnet/virtual_networks', { name: 'gone' });
  await api.delete(`@/teamnet/virtual_networks/${network.id}`);
  const body = { network: '10.9.0.0/16', tunnel_id: tunnel, virtual_network_id: network.id };
  expect((await api.post(PATH, body)).status).toBe(404);
});

test('the same network exists once per virtual network, and again after it was deleted', async () => {
  const first = await add('10.20.0.0/16');
  const second = await api.post(PATH, { network: '10.20.0.0/16', tunnel_id: otherTunnel });
  expect(second.status).toBe(409);
  expect(second.headers.get('x-should-retry')).toBe('false');
  expect(second.body.errors).toEqual([
    { code: 1014, message: 'You already have a route defined for this exact IP subnet' },
  ]);
  const elsewhere = await add('10.20.0.0/16', { virtual_network_id: staging });
  await add('10.20.0.0/24');
  const moved = await api.patch(`${PATH}/${elsewhere.id}`, { virtual_network_id: defaultNetwork });
  expect(moved.status).toBe(409);
  await api.delete(`${PATH}/${first.id}`);
  const back = await api.patch(`${PATH}/${elsewhere.id}`, { virtual_network_id: null });
  expect(back.body.result.virtual_network_id).toBe(defaultNetwork);
});

test('of 50 who create the same route at once exactly one succeeds', async () => {
  const body = { network: '10.21.0.0/16', tunnel_id: tunnel };
  const answers = await Promise.all(Array.from({ length: 50 }, () => api.post(PATH, body)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(49).fill(409)]);
  expect((await api.get(`${PATH}?network_subset=10.21.0.0/16`)).body.result).toHaveLength(1);
});

test('an empty PATCH changes nothing, and a PATCH only what it names', async () => {
  const route = await add('10.30.0.0/16', { comment: 'here', virtual_network_id: staging });
  expect((await api.patch(`${PATH}/${route.id}`, {})).body.result).toEqual(route);
  expect((await api.patch(`${PATH}/${route.id}`, { network: '10.30.0.0/16' })).body.result).toEqual(route);
  const bare = await api.patch(`${PATH}/${route.id}`, { comment: null });
  expect(bare.body.result).toEqual({ ...route, comment: '' });
  expect((await api.patch(`${PATH}/${route.id}`, { tunnel_id: UNKNOWN })).status).toBe(404);
  expect((await api.patch(`${PATH}/${route.id}`, { network: null })).status).toBe(400);
});

test('an unknown or deleted route is 404, and what cannot be an id does not route', async () => {
  const { id } = await add('10.31.0.0/16');
  await api.delete(`${PATH}/${id}`);
  const missing = [
    await api.get(`${PATH}/${UNKNOWN}`),
    await api.patch(`${PATH}/${id}`, { comment: 'back' }),
    await api.delete(`${PATH}/${id}`),
  ];
  for (const { status, body } of missing) {
    expect([status, body.errors[0].code]).toEqual([404, 1015]);
    expect(body.errors[0].message).toMatch(/^You are trying to modify the route for a network/);
  }
  const malformed = await api.get(`${PATH}/not-an-id`);
  expect([malformed.status, malformed.body.errors[0].code]).toEqual([404, 7003]);
});
