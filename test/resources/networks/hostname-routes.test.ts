import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
let tunnel: string;
let other: string;
const PATH = '@/zerotrust/routes/hostname';
const UNKNOWN = '11111111-2222-4333-8444-555555555555';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  tunnel = (await api.create('@/cfd_tunnel', { name: 'first' })).id;
  other = (await api.create('@/warp_connector', { name: 'second' })).id;
});
afterAll(() => offramp.stop());

const add = (hostname: string, fields: object = {}) =>
  api.create(PATH, { hostname, tunnel_id: tunnel, ...fields });

test('a hostname route is created, read back with its tunnel, changed and deleted', async () => {
  const created = await api.post(PATH, { hostname: 'Wiki.Internal.local.', tunnel_id: tunnel });
  const route = created.body.result;
  expect(route).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    hostname: 'wiki.internal.local',
    tunnel_id: tunnel,
    tunnel_name: 'first',
    tun_type: 'cfd_tunnel',
    created_at: expect.stringMatching(TIME),
    deleted_at: null,
  });
  expect(created.body.messages).toEqual([
    {
      code: 10501,
      message: 'hostname: no traffic is routed by private host names; routes of IP networks are',
    },
  ]);
  const one = `${PATH}/${route.id}`;
  expect((await api.get(one)).body.result).toEqual(route);
  expect((await api.patch(one, {})).body.result).toEqual(route);
  const changed = await api.patch(one, { hostname: '*.internal.local', tunnel_id: other, comment: 'c' });
  expect(changed.body.result).toEqual({
    ...route,
    hostname: '*.internal.local',
    tunnel_id: other,
    tunnel_name: 'second',
    tun_type: 'warp_connector',
    comment: 'c',
  });
  expect((await api.patch(one, { comment: '' })).body.result.comment).toBe('');
  expect((await api.patch(one, { comment: null })).body.result).not.toHaveProperty('comment');
  const deleted = await api.delete(one);
  expect(deleted.body.result.deleted_at).toMatch(TIME);
  for (const gone of [await api.get(one), await api.patch(one, { comment: 'back' }), await api.delete(one)])
    expect([gone.status, gone.body.errors[0].code]).toEqual([404, 1025]);
  expect((await api.get(`${PATH}?id=${route.id}&is_deleted=true`)).body.result).toEqual([
    deleted.body.result,
  ]);
});

test('a host name has one live route in the account', async () => {
  const { id } = await add('one.local');
  const second = await add('two.local');
  for (const answer of [
    await api.post(PATH, { hostname: 'ONE.local', tunnel_id: other }),
    await api.patch(`${PATH}/${second.id}`, { hostname: 'one.local' }),
  ]) {
    expect(answer.status).toBe(409);
    expect(answer.body.errors).toEqual([
      { code: 1024, message: 'You already have a hostname route for "one.local"' },
    ]);
  }
  await api.delete(`${PATH}/${id}`);
  expect((await api.patch(`${PATH}/${second.id}`, { hostname: 'one.local' })).status).toBe(200);
});

test('a tunnel takes its hostname routes along when it is deleted', async () => {
  const { id } = await api.create('@/cfd_tunnel', { name: 'leaving' });
  const route = await add('leaving.local', { tunnel_id: id });
  const { deleted_at } = (await api.delete(`@/cfd_tunnel/${id}`)).body.result;
  const listed = (await api.get(`${PATH}?id=${route.id}&is_deleted=true`)).body.result;
  expect(listed).toMatchObject([{ deleted_at }]);
  expect((await api.post(PATH, { hostname: 'x.local', tunnel_id: id })).status).toBe(404);
});

test('an unknown or deleted hostname route is 404, and what cannot be an id does not route', async () => {
  const { id } = await add('gone.local');
  await api.delete(`${PATH}/${id}`);
  for (const { status, body } of [
    await api.get(`${PATH}/${UNKNOWN}`),
    await api.patch(`${PATH}/${id}`, { comment: 'back' }),
    await api.delete(`${PATH}/${id}`),
  ])
    expect([status, body.errors]).toEqual([404, [{ code: 1025, message: 'Hostname route not found' }]]);
  expect((await api.get(`${PATH}/x`)).body.errors[0].code).toBe(7003);
});

test.each<[object, number, RegExp]>([
  [{ hostname: undefined }, 400, /hostname is required/],
  [{ hostname: null }, 400, /hostname must be a string/],
  [{ hostname: '' }, 400, /hostname must be a host name such as/],
  [{ hostname: 'a..b' }, 400, /hostname must be a host name/],
  [{ hostname: 'a b.local' }, 400, /hostname must be a host name/],
  [{ hostname: 'a.*.local' }, 400, /hostname must be a host name/],
  [{ hostname: '*' }, 400, /hostname must be a host name/],
  [{ hostname: 'http://a.local' }, 400, /hostname must be a host name/],
  [{ hostname: '10.0.0.1' }, 400, /hostname must be a host name/],
  [{ hostname: '\u212aiwi.local' }, 400, /hostname must be a host name/],
  [{ hostname: `${'x'.repeat(64)}.local` }, 400, /hostname must be a host name/],
  [{ hostname: 'x.'.repeat(200) }, 400, /hostname must be at most 253 characters/],
  [{ hostname: 'a\0.local' }, 400, /hostname must not contain NUL/],
  [{ tunnel_id: undefined }, 400, /tunnel_id/],
  [{ tunnel_id: 'x' }, 400, /tunnel_id must be valid UUID/],
  [{ tunnel_id: UNKNOWN }, 404, /Tunnel not found/],
  [{ comment: 'x'.repeat(101) }, 400, /comment must be at most 100 characters/],
  [{ comment: 5 }, 400, /comment must be a string/],
])('a body that cannot be used is refused: %j', async (part, status, message) => {
  const answer = await api.post(PATH, { hostname: 'refused.local', tunnel_id: tunnel, ...part });
  expect(answer.status).toBe(status);
  expect(answer.body.errors[0].message).toMatch(message);
  expect((await api.get(`${PATH}?hostname=refused.local`)).body.result).toEqual([]);
});

test('the list leaves deleted ones out unless it is asked for them, and filters by everything', async () => {
  const a = await add('a.list_ed.example', { comment: 'listed' });
  await add('b.list_ed.example', { comment: 'listed', tunnel_id: other });
  const c = await add('c.listxed.example', { comment: 'listed' });
  const { deleted_at } = (await api.delete(`${PATH}/${c.id}`)).body.result;
  const names = async (query: string) => {
    const { status, body } = await api.get(`${PATH}?comment=listed&${query}`);
    expect(status).toBe(200);
    return body.result.map(({ hostname }: { hostname: string }) => hostname.slice(0, 1)).join('');
  };
  expect(await names('')).toBe('ab');
  expect(await names('is_deleted=false')).toBe('ab');
  expect(await names('is_deleted=true')).toBe('c');
  expect(await names('hostname=LIST_ED')).toBe('ab');
  expect(await names('hostname=%25')).toBe('');
  expect(await names(`tunnel_id=${other}`)).toBe('b');
  expect(await names(`id=${a.id}`)).toBe('a');
  expect(await names('existed_at=2000-01-01T00:00:00Z')).toBe('');
  expect(await names('existed_at=2100-01-01T00:00:00Z')).toBe('ab');
  expect(await names(`existed_at=${deleted_at}&is_deleted=true`)).toBe('');
  expect(await names('per_page=1&page=2')).toBe('b');
  expect((await api.get(`${PATH}?comment=unlisted`)).body.result).toEqual([]);
  const paged = (await api.get(`${PATH}?comment=listed&per_page=1`)).body.result_info;
  expect(paged).toMatchObject({ page: 1, per_page: 1, count: 1, total_count: 2, total_pages: 2 });
});

test.each(['id=x', 'tunnel_id=x', 'hostname=%00', 'is_deleted=1', 'existed_at=x', 'page=0'])(
  'a filter that means nothing is refused: %s',
  async (query) => {
    const { status, body } = await api.get(`${PATH}?${query}`);
    expect([status, body.errors[0].code]).toEqual([400, 1030]);
  },
);
