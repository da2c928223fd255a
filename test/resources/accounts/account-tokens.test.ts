import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { judgedFetch } from '../../support/faithful.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

const MASTER = 'a-token-that-may-do-everything-0123456';
const ACCOUNT_TOKENS_WRITE = '5bc3f8b21c554832afc660159ab75fa4';
const ACCOUNT_TOKENS_READ = 'eb56a6953c034b9d97dd838155666f06';
const TUNNEL_WRITE = 'c07321b023e944ff818fec44d8203567';
const ZONE_WRITE = 'e6d2666161e84845a636613608cee8d5';
const SETTINGS_READ = 'c1fde68c7bcc44588cbb6ddbc16d6480';
const ACCOUNT = 'com.cloudflare.api.account';
let offramp: RunningOfframp;
let api: Api;
let other: string;
let otherZone: string;
beforeAll(async () => {
  offramp = await startOfframp(['--api-token', MASTER]);
  api = apiOf(offramp, MASTER);
  other = (await api.create('/accounts', { name: 'Other' })).id;
  otherZone = (await api.create('/zones', { name: 'other.test', account: { id: other } })).id;
});
afterAll(() => offramp.stop());

const policy = (id: string, resources: object, effect = 'allow') => ({
  effect,
  permission_groups: [{ id }],
  resources,
});
const here = () => ({ [`${ACCOUNT}.${offramp.accountId}`]: '*' });
const tunnels = () => [policy(TUNNEL_WRITE, here())];
const make = (fields: object = {}, by = api) =>
  by.create('@/tokens', { name: 'of the account', policies: tunnels(), ...fields });
const as = (value: string) => apiOf(offramp, value);
const status = async (client: Api, method: string, path: string, body?: unknown) =>
  (await client.call(method, path, body)).status;

test('a token of an account is made, read, listed, replaced, rolled and deleted, and its value shown once', async () => {
  const { value, ...token } = await make({ not_before: '2020-01-01T00:00:00Z' });
  expect(value).toMatch(/^cfat_[A-Za-z0-9]{40}[0-9a-f]{8}$/);
  expect(value.slice(-8)).toBe(crc32(value.slice(5, 45)).toString(16).padStart(8, '0'));
  expect(token).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: 'of the account',
    status: 'active',
    issued_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    modified_on: token.issued_on,
    not_before: '2020-01-01T00:00:00Z',
    policies: [
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        effect: 'allow',
        permission_groups: [{ id: TUNNEL_WRITE, name: 'Cloudflare Tunnel Write' }],
        resources: here(),
      },
    ],
  });
  const path = `@/tokens/${token.id}`;
  expect((await api.get(path)).body.result).toEqual(token);
  expect((await api.get('@/tokens')).body.result).toContainEqual(token);
  expect(JSON.stringify((await api.get('@/tokens')).body)).not.toContain(value);
  expect((await as(value).get('@/cfd_tunnel')).status).toBe(200);
  const { last_used_on, ...unchanged } = (await api.get(path)).body.result;
  expect([unchanged, Date.parse(last_used_on)]).toEqual([token, expect.any(Number)]);

  const rolled = (await api.put(`${path}/value`, {})).body.result;
  expect([rolled.slice(0, 5), await status(as(value), 'GET', '@/cfd_tunnel')]).toEqual(['cfat_', 403]);
  const put = await api.put(path, { name: 'off', policies: tunnels(), status: 'disabled' });
  expect(put.body.result).toMatchObject({ name: 'off', status: 'disabled', issued_on: token.issued_on });
  expect(await status(as(rolled), 'GET', '@/cfd_tunnel')).toBe(403);
  expect((await as(rolled).get('@/tokens/verify')).body.result).toEqual({
    id: token.id,
    status: 'disabled',
  });
  expect((await api.delete(path)).body.result).toEqual({ id: token.id });
  expect(await status(api, 'GET', path)).toBe(404);
});

test('tokens of a user and of accounts are not in the lists of each other', async () => {
  const { id } = await make();
  const user = await api.create('/user/tokens', { name: 'of the user', policies: tunnels() });
  for (const path of [`/user/tokens/${id}`, `/accounts/${other}/tokens/${id}`, `@/tokens/${user.id}`])
    for (const method of ['GET', 'DELETE'])
      expect([path, await status(api, method, path)]).toEqual([path, 404]);
  const listed = async (path: string) =>
    (await api.get(path)).body.result.map((token: { id: string }) => token.id);
  expect(await listed('/user/tokens')).not.toContain(id);
  expect(await listed(`/accounts/${other}/tokens`)).toEqual([]);
  expect(await listed('@/tokens?per_page=50')).not.toContain(user.id);
  expect(await status(api, 'GET', `/accounts/${'f'.repeat(32)}/tokens`)).toBe(404);
});

test('a limit that is spelt wrong is refused, and the older spelling of a condition counts', async () => {
  const body = { name: 'limited', policies: tunnels() };
  const ips = { in: ['192.0.2.0/24'] };
  for (const wrong of [{ condition: { requestIp: ips } }, { expires: '2099-01-01T00:00:00Z' }])
    expect(await status(api, 'POST', '@/tokens', { ...body, ...wrong })).toBe(400);
  const { value, condition } = await make({ condition: { 'request.ip': ips } });
  expect([condition, await status(as(value), 'GET', '@/cfd_tunnel')]).toEqual([{ request_ip: ips }, 403]);
});

test('lists have pages and a direction, and expired tokens when they are asked for', async () => {
  const account = (await api.create('/accounts', { name: 'Paged' })).id;
  const path = `/accounts/${account}/tokens`;
  const policies = [policy(TUNNEL_WRITE, { [`${ACCOUNT}.${account}`]: '*' })];
  const made: string[] = [];
  for (const name of ['1', '2', '3', '4', '5', '6'])
    made.push((await api.create(path, { name, policies })).id);
  const expired = (await api.create(path, { name: 'x', policies, expires_on: '2020-01-01T00:00:00Z' })).id;
  const page = (await api.get(`${path}?per_page=5&page=2`)).body;
  expect([page.result.length, page.result_info]).toEqual([
    1,
    { page: 2, per_page: 5, count: 1, total_count: 6, total_pages: 2 },
  ]);
  const all = (await api.get(`${path}?direction=desc&include_expired=true`)).body.result;
  expect(new Set(all.map(({ id }: { id: string }) => id))).toEqual(new Set([...made, expired]));
  expect(all.find(({ id }: { id: string }) => id === expired).status).toBe('expired');
});

test('each kind of token is verified at its own path alone', async () => {
  const account = await make();
  const user = await api.create('/user/tokens', { name: 'of the user', policies: tunnels() });
  const verify = async (value: string, path: string) => {
    const { status, body } = await as(value).get(path);
    return [status, body.result?.id ?? body.errors[0]];
  };
  const refused = [401, { code: 1000, message: 'Invalid API Token' }];
  expect(await verify(account.value, '@/tokens/verify')).toEqual([200, account.id]);
  expect(await verify(account.value, `/accounts/${other}/tokens/verify`)).toEqual(refused);
  expect(await verify(account.value, '/user/tokens/verify')).toEqual(refused);
  expect(await verify(user.value, '/user/tokens/verify')).toEqual([200, user.id]);
  expect(await verify(user.value, '@/tokens/verify')).toEqual(refused);
  expect((await api.get('@/tokens/verify')).body.result.status).toBe('active');
  const nobody = await apiOf(offramp, 'nobody').get('@/tokens/verify');
  expect([nobody.status, nobody.body.errors[0].code]).toEqual([403, 10000]);
});

test('the permissions that it can have are those of accounts and zones', async () => {
  const groups = (await api.get('@/tokens/permission_groups')).body.result;
  const scopes = new Set(groups.flatMap((group: { scopes: string[] }) => group.scopes));
  expect([...scopes].sort()).toEqual([ACCOUNT, `${ACCOUNT}.zone`]);
  const name = encodeURIComponent('Account API Tokens Write');
  const [found] = (await api.get(`@/tokens/permission_groups?name=${name}`)).body.result;
  expect(found).toMatchObject({ id: ACCOUNT_TOKENS_WRITE, scopes: [ACCOUNT] });
  const user = (await api.get('/user/tokens/permission_groups')).body.result;
  expect(user).toEqual(expect.arrayContaining(groups));
  expect(user.length).toBeGreaterThan(groups.length);
});

test.each([
  ['every account', () => policy(TUNNEL_WRITE, { [`${ACCOUNT}.*`]: '*' }), /is neither account/],
  ['another account', () => policy(TUNNEL_WRITE, { [`${ACCOUNT}.${other}`]: '*' }), /nor a zone of it/],
  ['a zone of another one', () => policy(ZONE_WRITE, { [`${ACCOUNT}.zone.${otherZone}`]: '*' }), /neither/],
  [
    'the zones of another one',
    () => policy(ZONE_WRITE, { [`${ACCOUNT}.${other}`]: { [`${ACCOUNT}.zone.*`]: '*' } }),
    /is neither account/,
  ],
  [
    'a zone that is not there',
    () => policy(ZONE_WRITE, { [`${ACCOUNT}.zone.${'f'.repeat(32)}`]: '*' }),
    /is neither account/,
  ],
])('a policy that names %s is refused', async (_what, wrong, message) => {
  const answer = await api.post('@/tokens', { name: 'refused', policies: [wrong()] });
  expect([answer.status, answer.body.errors[0].message]).toEqual([400, expect.stringMatching(message)]);
});

test('a user and what is of users is nothing for a token of an account', async () => {
  const { id } = (await api.get('/user')).body.result;
  const user = { [`com.cloudflare.api.user.${id}`]: '*' };
  const groups: { id: string; name: string }[] = (await api.get('/user/tokens/permission_groups')).body
    .result;
  const details = groups.find(({ name }) => name === 'User Details Read')!.id;
  for (const wrong of [policy(TUNNEL_WRITE, user), policy(details, user), policy(details, here())]) {
    const answer = await api.post('@/tokens', { name: 'refused', policies: [wrong] });
    expect([answer.status, answer.body.errors[0].message]).toEqual([
      400,
      expect.stringMatching(/^policies\[0\]\.(resources|permission_groups\[0\])/),
    ]);
  }
  const { value } = await make();
  for (const path of [
    '/user',
    '/user/tokens',
    '/user/load_balancers/pools',
    '/user/tokens/permission_groups',
  ])
    expect([path, await status(as(value), 'GET', path)]).toEqual([path, 403]);
});

test('"every zone" is every zone of the account, and the account is the only one that it sees', async () => {
  for (const resources of [
    { [`${ACCOUNT}.zone.*`]: '*' },
    { [`${ACCOUNT}.${offramp.accountId}`]: { [`${ACCOUNT}.zone.*`]: '*' } },
    { [`${ACCOUNT}.zone.${offramp.zoneId}`]: '*' },
  ]) {
    const policies = [policy(ZONE_WRITE, resources), policy(SETTINGS_READ, here())];
    const client = as((await make({ policies })).value);
    expect(await status(client, 'PATCH', '%', {})).toBe(200);
    expect(await status(client, 'PATCH', `/zones/${otherZone}`, {})).toBe(403);
    const seen = async (path: string) =>
      (await client.get(path)).body.result.map(({ id }: { id: string }) => id);
    expect([await seen('/zones'), await seen('/accounts')]).toEqual([[offramp.zoneId], [offramp.accountId]]);
    const zone = { name: 'made.test', account: { id: other } };
    expect(await status(client, 'POST', '/zones', zone)).toBe(403);
  }
});

test('tokens of an account are managed with permissions of that account, by tokens of either kind', async () => {
  const managers = (group: string) => [policy(group, here())];
  const writer = await api.create('/user/tokens', { name: 'w', policies: managers(ACCOUNT_TOKENS_WRITE) });
  const manager = await make({ policies: managers(ACCOUNT_TOKENS_WRITE) });
  const reader = await make({ policies: managers(ACCOUNT_TOKENS_READ) });
  const body = { name: 'by a token', policies: tunnels() };
  for (const { value } of [writer, manager]) {
    const { id } = await make({}, as(value));
    expect(await status(as(value), 'PUT', `@/tokens/${id}`, body)).toBe(200);
    expect(await status(as(value), 'DELETE', `@/tokens/${id}`)).toBe(200);
    expect(await status(as(value), 'GET', `/accounts/${other}/tokens`)).toBe(403);
    expect(await status(as(value), 'POST', `/accounts/${other}/tokens`, body)).toBe(403);
    expect(await status(as(value), 'POST', '/user/tokens', body)).toBe(403);
  }
  expect(await status(as(reader.value), 'GET', '@/tokens')).toBe(200);
  expect(await status(as(reader.value), 'GET', '@/tokens/permission_groups')).toBe(200);
  expect(await status(as(reader.value), 'POST', '@/tokens', body)).toBe(403);
  expect(await status(as(reader.value), 'PUT', `@/tokens/${reader.id}/value`, {})).toBe(403);
  const none = await make();
  expect(await status(as(none.value), 'GET', '@/tokens')).toBe(403);
});

test('who made it is told where that is known, and it outlives its maker', async () => {
  const maker = await make({ policies: [policy(ACCOUNT_TOKENS_WRITE, here())] });
  const made = await make({}, as(maker.value));
  expect(made).not.toHaveProperty('creator_email_at_creation');
  await api.delete(`@/tokens/${maker.id}`);
  expect(await status(as(made.value), 'GET', '@/cfd_tunnel')).toBe(200);
  const response = await judgedFetch(`${offramp.apiUrl}/accounts/${offramp.accountId}/tokens`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-auth-email': 'ada@example.net',
      'x-auth-key': MASTER,
    },
    body: JSON.stringify({ name: 'by Ada', policies: tunnels() }),
  });
  const { result } = (await response.json()) as { result: { id: string } };
  expect(result).toMatchObject({ creator_email_at_creation: 'ada@example.net' });
  expect((await api.get(`@/tokens/${result.id}`)).body.result).toMatchObject({
    creator_email_at_creation: 'ada@example.net',
  });
});

test('the tokens of an account end with it', async () => {
  const account = (await api.create('/accounts', { name: 'Short' })).id;
  const policies = [policy(SETTINGS_READ, { [`${ACCOUNT}.${account}`]: '*' })];
  const { value } = await api.create(`/accounts/${account}/tokens`, { name: 'short', policies });
  expect(await status(as(value), 'GET', `/accounts/${account}`)).toBe(200);
  expect(await status(api, 'DELETE', `/accounts/${account}`)).toBe(200);
  expect(await status(as(value), 'GET', '/accounts')).toBe(403);
});

test('an account has five hundred tokens at most', async () => {
  const account = (await api.create('/accounts', { name: 'Full' })).id;
  const policies = [policy(SETTINGS_READ, { [`${ACCOUNT}.${account}`]: '*' })];
  const one = () => api.post(`/accounts/${account}/tokens`, { name: 'one of many', policies });
  for (let made = 0; made < 500; made += 50)
    for (const { status } of await Promise.all(Array.from({ length: 50 }, one))) expect(status).toBe(200);
  const answer = await one();
  expect([answer.status, answer.body.errors[0].message]).toEqual([
    400,
    'exceeded quota: an account has at most 500 tokens',
  ]);
});
