import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/teamnet/virtual_networks';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

test('an account has a default virtual network from the start', async () => {
  const { body } = await api.get(`${PATH}?is_default_network=true`);
  expect(body.result).toMatchObject([{ name: 'default', is_default_network: true, deleted_at: null }]);
});

test('a virtual network is created, read back equal, changed and deleted', async () => {
  const created = await api.post(PATH, { name: 'staging', comment: 'first' });
  expect(created.status).toBe(200);
  const { id, created_at } = created.body.result;
  expect(created.body.result).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: 'staging',
    comment: 'first',
    is_default_network: false,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    deleted_at: null,
  });
  expect((await api.get(`${PATH}/${id}`)).body).toEqual(created.body);

  const changed = await api.patch(`${PATH}/${id}`, { name: 'production' });
  expect(changed.body.result).toMatchObject({ name: 'production', comment: 'first', created_at });

  const deleted = await api.delete(`${PATH}/${id}`);
  expect(deleted.body.result).toMatchObject({ id, deleted_at: expect.any(String) });
  for (const gone of [
    await api.get(`${PATH}/${id}`),
    await api.patch(`${PATH}/${id}`, { comment: 'back' }),
    await api.delete(`${PATH}/${id}`),
  ])
    expect([gone.status, gone.body.errors[0].code]).toEqual([404, 1016]);
  expect((await api.get(`${PATH}?id=${id}&is_deleted=true`)).body.result).toEqual([deleted.body.result]);
});

test('an empty PATCH answers 200 and changes nothing', async () => {
  const network = await api.create(PATH, { name: 'untouched' });
  expect((await api.patch(`${PATH}/${network.id}`, {})).body.result).toEqual(network);
});

test('a name is taken only by a live network of the same account', async () => {
  const first = await api.create(PATH, { name: 'taken' });
  const second = await api.post(PATH, { name: 'taken' });
  expect(second.status).toBe(409);
  expect(second.headers.get('x-should-retry')).toBe('false');
  expect(second.body.errors[0]).toMatchObject({ code: 1017, message: expect.stringContaining('"taken"') });
  await api.delete(`${PATH}/${first.id}`);
  expect((await api.post(PATH, { name: 'taken' })).status).toBe(200);
});

test.each(['is_default', 'is_default_network'])(
  '%s makes a network the one default of the account',
  async (field) => {
    const network = await api.create(PATH, { name: `new default by ${field}`, [field]: true });
    const defaults = await api.get(`${PATH}?is_default=true&is_deleted=false`);
    expect(defaults.body.result.map((one: { id: string }) => one.id)).toEqual([network.id]);
    const undone = await api.patch(`${PATH}/${network.id}`, { is_default_network: false });
    expect(undone.status).toBe(400);
    expect((await api.delete(`${PATH}/${network.id}`)).status).toBe(400);
  },
);

test('lists filter by id, name and deletion, and give everything when no page is asked for', async () => {
  const network = await api.create(PATH, { name: 'findable' });
  await api.delete(`${PATH}/${network.id}`);
  const found = async (query: string) => (await api.get(`${PATH}?${query}`)).body.result.length;
  expect(await found('name=findable')).toBe(0);
  expect(await found('name=findable&is_deleted=false')).toBe(0);
  expect(await found(`id=${network.id}&is_deleted=true`)).toBe(1);
  const all = await api.get(PATH);
  expect(all.body.result_info).toMatchObject({
    page: 1,
    count: all.body.result.length,
    total_count: all.body.result.length,
  });
  const second = await api.get(`${PATH}?per_page=1&page=2`);
  expect(second.body.result).toEqual([all.body.result[1]]);
});

test.each([
  [{}, /name/],
  [{ name: '' }, /name must not be empty/],
  [{ name: 'x'.repeat(257) }, /name must be at most 256 characters/],
  [{ name: 'ok', comment: 'x'.repeat(257) }, /comment/],
  [{ name: 7 }, /name/],
  [{ name: 'a\0b' }, /NUL/],
  [[], /object/],
  ['{"name": ', /Could not parse input/],
])('a body that cannot be used is refused: %j', async (body, message) => {
  const answer = await api.post(PATH, body);
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ success: false, result: null, errors: [{ code: 1030 }] });
  expect(answer.body.errors[0].message).toMatch(message);
});

test('an id that is not there is 404, and one that cannot be an id does not route', async () => {
  const unknown = await api.get(`${PATH}/11111111-2222-4333-8444-555555555555`);
  expect([unknown.status, unknown.body.errors[0].code]).toEqual([404, 1016]);
  const malformed = await api.get(`${PATH}/not-an-id`);
  expect([malformed.status, malformed.body.errors[0].code]).toEqual([404, 7003]);
});

test('T111 routes without a network land in the default one, and what others depend on is not deleted', async () => {
  const [network, tunnel] = [
    await api.create(PATH, { name: 'T111', is_default_network: true }),
    await api.create('@/cfd_tunnel', { name: 'T111' }),
  ];
  const route = await api.create('@/teamnet/routes', { network: '10.111.0.0/16', tunnel_id: tunnel.id });
  expect(route.virtual_network_id).toBe(network.id);
  await api.create(PATH, { name: 'T111 after', is_default_network: true });
  const defaults = (await api.get(`${PATH}?is_default=true&is_deleted=false`)).body.result;
  expect(defaults.map(({ name }: { name: string }) => name)).toEqual(['T111 after']);

  expect((await api.delete(`${PATH}/${network.id}`)).status).toBe(400);
  // Since November 2025 a tunnel takes its routes along.
  expect((await api.delete(`@/cfd_tunnel/${tunnel.id}`)).status).toBe(200);
  expect((await api.get(`@/teamnet/routes/${route.id}`)).status).toBe(404);
  expect((await api.delete(`${PATH}/${network.id}`)).status).toBe(200);
});
