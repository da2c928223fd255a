import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

const MASTER = 'a-token-that-may-do-everything-0123456';
const LB_READ = 'e9a975f628014f1d85b723993116f7d5';
const ZONE_READ = 'c8fed203ed3043cba015a93ad1616f1f';
const TUNNEL_WRITE = 'c07321b023e944ff818fec44d8203567';
let offramp: RunningOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await startOfframp(['--api-token', MASTER]);
  api = apiOf(offramp, MASTER);
});
afterAll(() => offramp.stop());

const ourAccount = () => ({ [`com.cloudflare.api.account.${offramp.accountId}`]: '*' });
const policy = (id: string, resources: object, effect = 'allow') => ({
  effect,
  permission_groups: [{ id }],
  resources,
});
const tunnels = () => [policy(TUNNEL_WRITE, ourAccount())];
const make = (fields: object = {}) =>
  api.create('/user/tokens', { name: 'made', policies: tunnels(), ...fields });
const as = (value: string) => apiOf(offramp, value);

test('a token is made with a value that nothing shows again, read, listed, replaced and deleted', async () => {
  const { value, ...token } = await make({
    expires_on: '2099-01-01T00:00:00+01:00',
    not_before: '2020-01-01T00:00:00Z',
  });
  expect(value).toMatch(/^cfut_[A-Za-z0-9]{40}[0-9a-f]{8}$/);
  expect(token).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: 'made',
    status: 'active',
    issued_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    modified_on: token.issued_on,
    not_before: '2020-01-01T00:00:00Z',
    expires_on: '2098-12-31T23:00:00Z',
    policies: [
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        effect: 'allow',
        permission_groups: [{ id: TUNNEL_WRITE, name: 'Cloudflare Tunnel Write' }],
        resources: ourAccount(),
      },
    ],
  });
  const path = `/user/tokens/${token.id}`;
  expect((await api.get(path)).body.result).toEqual(token);
  expect((await api.get('/user/tokens')).body.result).toContainEqual(token);
  expect(JSON.stringify((await api.get('/user/tokens')).body)).not.toContain(value);
  const put = await api.put(path, {
    name: 'renamed',
    policies: tunnels(),
    condition: { request_ip: { in: ['127.0.0.0/8'] } },
  });
  expect(put.body.result).toMatchObject({
    name: 'renamed',
    issued_on: token.issued_on,
    condition: { request_ip: { in: ['127.0.0.0/8'] } },
  });
  expect(put.body.result).not.toHaveProperty('expires_on');
  expect((await api.delete(path)).body.result).toEqual({ id: token.id });
  expect((await api.get(path)).status).toBe(404);
  expect((await as(value).get('@/cfd_tunnel')).status).toBe(403);
});

test('a token does what its policy allows, from the moment of its creation, and belongs to its maker', async () => {
  const { value, id } = await make();
  expect((await as(value).get('@/cfd_tunnel')).status).toBe(200);
  expect((await as(value).post('@/cfd_tunnel', { name: 'by the token' })).status).toBe(200);
  expect((await as(value).get('/user/tokens/verify')).body.result).toEqual({ id, status: 'active' });
  expect((await as(value).get('/user/tokens')).status).toBe(403);
});

// The acceptance tests of Terraform's provider 5.22 (account_token) make such tokens.
test('a permission about zones that stands on an account is taken, opens nothing, and a message says so', async () => {
  const { status, body } = await api.post('/user/tokens', {
    name: 'idle',
    policies: [policy(ZONE_READ, ourAccount())],
  });
  expect([status, body.messages]).toEqual([
    200,
    [
      {
        code: 10501,
        message:
          'policies[0]: "Zone Read" opens nothing: no resource starts with com.cloudflare.api.account.zone',
      },
    ],
  ]);
  const idle = as(body.result.value);
  expect((await idle.get('/zones')).body.result).toEqual([]);
  expect((await idle.get('/accounts')).body.result).toEqual([]);
  for (const path of ['@', '%', '@/cfd_tunnel']) expect((await idle.get(path)).status, path).toBe(403);
  const path = `/user/tokens/${body.result.id}`;
  const put = await api.put(path, { name: 'of use', policies: tunnels() });
  expect(put.body.messages).toEqual([]);
});

test('a permission counts on the resources of its own kind alone, whatever stands beside them', async () => {
  const zone = { [`com.cloudflare.api.account.zone.${offramp.zoneId}`]: '*' };
  const { value } = await make({ policies: [policy(ZONE_READ, { ...ourAccount(), ...zone })] });
  expect((await as(value).get('%')).status).toBe(200);
  expect((await as(value).get('@')).status).toBe(403);
});

// Terraform's provider compares the text of `resources`, whose members its jsonencode orders by name.
test('the resources of a policy are shown in the order of their names, on every answer', async () => {
  const { id } = (await api.get('/user')).body.result;
  const account = `com.cloudflare.api.account.${offramp.accountId}`;
  const zones = { 'com.cloudflare.api.account.zone.*': '*' };
  const one = `com.cloudflare.api.account.zone.${offramp.zoneId}`;
  const wanted = [
    { [account]: '*', [`com.cloudflare.api.user.${id}`]: '*' },
    { [account]: { ...zones, [one]: '*' } },
  ];
  const made = await make({ policies: wanted.map((resources) => policy(ZONE_READ, resources)) });
  const { result } = (await api.get(`/user/tokens/${made.id}`)).body;
  for (const { policies } of [made, result])
    expect(policies.map(({ resources }: { resources: object }) => JSON.stringify(resources))).toEqual(
      wanted.map((resources) => JSON.stringify(resources)),
    );
});

test('a disabled, expired or early token is refused, and only told why by verify', async () => {
  const { value, id } = await make();
  const path = `/user/tokens/${id}`;
  const states: [object, string][] = [
    [{ status: 'disabled' }, 'disabled'],
    [{ status: 'active', expires_on: '2020-01-01T00:00:00Z' }, 'expired'],
    [{ not_before: '2099-01-01T00:00:00Z' }, 'active'],
  ];
  for (const [fields, status] of states) {
    expect((await api.put(path, { name: 'made', policies: tunnels(), ...fields })).status).toBe(200);
    const refused = await as(value).get('@/cfd_tunnel');
    expect([refused.status, refused.body.errors[0].code]).toEqual([403, 10000]);
    expect((await as(value).get('/user/tokens/verify')).body.result).toMatchObject({ id, status });
  }
  expect((await api.put(path, { name: 'made', policies: tunnels() })).body.result.status).toBe('active');
  expect((await as(value).get('@/cfd_tunnel')).status).toBe(200);
});

test('an expired token is listed when it is asked for', async () => {
  const { id } = await make({ expires_on: '2020-01-01T00:00:00Z' });
  const ids = async (query: string) =>
    (await api.get(`/user/tokens?${query}`)).body.result.map((token: { id: string }) => token.id);
  expect(await ids('per_page=50')).not.toContain(id);
  expect(await ids('per_page=50&include_expired=true&direction=desc')).toContain(id);
  expect(await ids('page=9')).toEqual([]);
});

test('a token is refused from addresses that its condition leaves out', async () => {
  const { value } = await make({ condition: { request_ip: { in: ['192.0.2.0/24'] } } });
  expect((await as(value).get('@/cfd_tunnel')).status).toBe(403);
  expect((await as(value).get('/user/tokens/verify')).status).toBe(403);
  const local = await make({ condition: { request_ip: { in: ['127.0.0.0/8', '::1/128'] } } });
  expect((await as(local.value).get('@/cfd_tunnel')).status).toBe(200);
});

// Cloudflare's documentation and SDKs of today write request_ip; cloudflare-go before version 1 and older documentation request.ip.
test('a condition in the older spelling counts, and is shown in the newer one', async () => {
  const condition = { 'request.ip': { in: ['192.0.2.0/24'], not_in: ['192.0.2.1/32'] } };
  const { id, value, ...shown } = await make({ condition });
  expect(shown.condition).toEqual({ request_ip: condition['request.ip'] });
  expect((await as(value).get('@/cfd_tunnel')).status).toBe(403);
  const local = await make();
  expect((await as(local.value).get('@/cfd_tunnel')).status).toBe(200);
  const path = `/user/tokens/${local.id}`;
  expect((await api.put(path, { name: 'made', policies: tunnels(), condition })).status).toBe(200);
  expect((await as(local.value).get('@/cfd_tunnel')).status).toBe(403);
});

test('a token goes back as it was shown, and a permission as it was listed', async () => {
  const made = await make({ condition: { request_ip: { in: ['127.0.0.0/8'] } } });
  const { last_used_on, ...shown } = (await api.get(`/user/tokens/${made.id}`)).body.result;
  const put = await api.put(`/user/tokens/${made.id}`, { ...shown, value: made.value, last_used_on: null });
  const unchanged = { ...shown, modified_on: expect.any(String), policies: expect.any(Array) };
  expect([put.status, put.body.result]).toEqual([200, unchanged]);
  const [group] = (
    await api.get(`/user/tokens/permission_groups?name=${encodeURIComponent('Cloudflare Tunnel Write')}`)
  ).body.result;
  const whole = {
    ...policy(TUNNEL_WRITE, ourAccount()),
    permission_groups: [{ ...group, meta: { key: 'tunnel', label: 'Tunnel' } }],
    name: 'whole',
    meta: { label: 'whole' },
  };
  expect((await make({ policies: [whole] })).policies[0].permission_groups).toEqual([
    { id: TUNNEL_WRITE, name: group.name },
  ]);
});

test('a token that is made disabled opens nothing until it is made active', async () => {
  const { id, value, status } = await make({ status: 'disabled' });
  expect([status, (await as(value).get('@/cfd_tunnel')).status]).toEqual(['disabled', 403]);
  const put = await api.put(`/user/tokens/${id}`, { name: 'made', policies: tunnels(), status: 'active' });
  expect([put.body.result.status, (await as(value).get('@/cfd_tunnel')).status]).toEqual(['active', 200]);
});

test('a rolled value takes the place of the old one at once', async () => {
  const { value, id } = await make();
  const rolled = await api.put(`/user/tokens/${id}/value`, {});
  expect(rolled.body.result).toMatch(/^cfut_[A-Za-z0-9]{40}[0-9a-f]{8}$/);
  expect((await as(value).get('@/cfd_tunnel')).status).toBe(403);
  expect((await as(rolled.body.result).get('@/cfd_tunnel')).status).toBe(200);
});

test('permissions are found by name and scope, and can be given', async () => {
  const all = (await api.get('/user/tokens/permission_groups')).body.result;
  expect(new Set(all.map(({ id }: { id: string }) => id)).size).toBe(all.length);
  const named = (
    await api.get(`/user/tokens/permission_groups?name=${encodeURIComponent('Magic WAN Write')}`)
  ).body.result;
  expect(named).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'Magic WAN Write',
      category: 'network_services',
      is_selectable: true,
      scopes: ['com.cloudflare.api.account'],
    },
  ]);
  const ofZones = (await api.get('/user/tokens/permission_groups?scope=com.cloudflare.api.account.zone')).body
    .result;
  expect(ofZones.map(({ id }: { id: string }) => id)).toContain(LB_READ);
  const { value } = await make({ policies: [policy(named[0].id, ourAccount())] });
  expect((await as(value).get('@/magic/gre_tunnels')).status).toBe(200);
});

const MANY_ZONES = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [`com.cloudflare.api.account.zone.${String(i).repeat(32)}`, '*']),
);

test.each([
  [{ name: '' }, /^name must not be empty/],
  [{ name: 'x'.repeat(121) }, /^name must be at most 120/],
  [{ policies: undefined }, /^policies is required/],
  [{ policies: [] }, /^policies must not be empty/],
  [{ policies: 'all' }, /^policies must be a list/],
  [{ policies: [{ effect: 'allow' }] }, /^policies\[0\]\.permission_groups is required/],
  [{ policies: [policy(ZONE_READ, {})] }, /^policies\[0\]\.resources must not be empty/],
  [
    { policies: Array(100).fill(policy(ZONE_READ, { 'com.cloudflare.api.account.*': MANY_ZONES })) },
    /^policies must not name more than 1000 permissions and resources in all/,
  ],
  [{ policies: [policy(ZONE_READ, { x: '*' })] }, /"x" is no resource/],
  [{ policies: [policy(ZONE_READ, { 'com.cloudflare.api.account.zone.*': 'all' })] }, /resources/],
  [{ policies: [policy(ZONE_READ, { 'com.cloudflare.api.account.zone.*': {} })] }, /is no resource/],
  [
    { policies: [policy('f'.repeat(32), { 'com.cloudflare.api.account.*': '*' })] },
    /is not one of GET \/user\/tokens\/permission_groups/,
  ],
  [
    { policies: [policy('short', { 'com.cloudflare.api.account.*': '*' })] },
    /permission_groups\[0\]\.id must be 32/,
  ],
  [
    { policies: [policy(TUNNEL_WRITE, { [`com.cloudflare.api.account.${'f'.repeat(32)}`]: '*' })] },
    /is not there/,
  ],
  [
    { policies: [policy(ZONE_READ, { [`com.cloudflare.api.account.zone.${'f'.repeat(32)}`]: '*' })] },
    /is not there/,
  ],
  [
    { policies: [policy(TUNNEL_WRITE, { [`com.cloudflare.api.user.${'f'.repeat(32)}`]: '*' })] },
    /is not there/,
  ],
  [
    { policies: [policy(TUNNEL_WRITE, { 'com.cloudflare.api.account.*': '*' }, 'maybe')] },
    /effect must be allow or deny/,
  ],
  [{ expires_on: 'tomorrow' }, /^expires_on must be a time/],
  [{ expires_on: '0001-01-01T00:00:00Z' }, /^expires_on must be in the years/],
  [{ expires_on: '2026-01-01T00:00:00Z', not_before: '2026-01-01T00:00:00Z' }, /not_before must be earlier/],
  [{ condition: { request_ip: { in: ['here'] } } }, /^condition\.request_ip\.in\[0\] must be a network/],
  [{ condition: { ip: { in: [] } } }, /^condition must not have "ip"; it takes request_ip$/],
  [
    { condition: { request_ip: { In: ['192.0.2.0/24'] } } },
    /^condition\.request_ip must not have "In"; it takes in and not_in$/,
  ],
  [
    { condition: { 'request.ip': { ips: [] } } },
    /^condition\.request\.ip must not have "ips"; it takes in and not_in$/,
  ],
  [
    { condition: { request_ip: { in: [] }, 'request.ip': { in: [] } } },
    /^condition must have request_ip or request\.ip, not both$/,
  ],
  [{ condition: [] }, /^condition must be an object$/],
  [{ condition: { request_ip: '192.0.2.1' } }, /^condition\.request_ip must be an object$/],
  [
    { conditions: { request_ip: { in: ['192.0.2.0/24'] } } },
    /^a token must not have "conditions"; it takes name, policies, condition, expires_on, not_before and status$/,
  ],
  [{ expires_at: '2026-01-01T00:00:00Z' }, /^a token must not have "expires_at"; it takes name/],
  [{ [`${'x'.repeat(200)}`]: 1 }, /^a token must not have "x{100}"; it takes name/],
  [
    { policies: [{ ...policy(TUNNEL_WRITE, { 'com.cloudflare.api.account.*': '*' }), resource: {} }] },
    /^policies\[0\] must not have "resource"; it takes effect, permission_groups and resources$/,
  ],
  [{ policies: [{ effect: 'allow', permission_group: [], resources: {} }] }, /^policies\[0\]/],
  [{ policies: ['all'] }, /^policies\[0\] must be an object$/],
  [{ status: 'expired' }, /^status "expired" comes from expires_on/],
  [
    { policies: Array(101).fill(policy(ZONE_READ, { 'com.cloudflare.api.account.zone.*': '*' })) },
    /at most 100/,
  ],
])('a token with %j is refused', async (fields, message) => {
  const body = { name: 'refused', policies: tunnels(), ...fields };
  const { id } = await make();
  for (const answer of [await api.post('/user/tokens', body), await api.put(`/user/tokens/${id}`, body)])
    expect([answer.status, answer.body.errors[0].message]).toEqual([400, expect.stringMatching(message)]);
  await api.delete(`/user/tokens/${id}`);
});

test('tokens of another user are not there', async () => {
  const { id } = await make();
  const policies = [
    policy((await api.get('/user/tokens/permission_groups?name=API%20Tokens%20Write')).body.result[0].id, {
      [`com.cloudflare.api.user.${(await api.get('/user')).body.result.id}`]: '*',
    }),
  ];
  const manager = await make({ policies });
  expect((await as(manager.value).get(`/user/tokens/${id}`)).status).toBe(200);
  for (const path of [`/user/tokens/${'f'.repeat(32)}`, '/user/tokens/nothing'])
    for (const method of ['GET', 'DELETE']) expect((await api.call(method, path)).status).toBe(404);
  expect(
    (await api.put(`/user/tokens/${id}`, { name: 'x', policies: tunnels(), status: 'expired' })).status,
  ).toBe(400);
});

test("Cloudflare's TypeScript SDK makes, rolls, lists and deletes tokens", async () => {
  const sdk = new Cloudflare({ apiToken: MASTER, baseURL: offramp.apiUrl, maxRetries: 0 });
  const groups = [];
  for await (const group of sdk.user.tokens.permissionGroups.list()) groups.push(group.name);
  expect(groups).toContain('Zero Trust Write');
  const made = await sdk.user.tokens.create({
    name: 'by the SDK',
    policies: [
      {
        effect: 'allow',
        permission_groups: [{ id: TUNNEL_WRITE }],
        resources: ourAccount() as Record<string, string>,
      },
    ],
  });
  const own = new Cloudflare({ apiToken: made.value!, baseURL: offramp.apiUrl, maxRetries: 0 });
  expect(await own.user.tokens.verify()).toEqual({ id: made.id, status: 'active' });
  await expect(own.user.tokens.get(made.id!)).rejects.toMatchObject({ status: 403 });
  expect(await sdk.user.tokens.value.update(made.id!)).not.toBe(made.value);
  const names = [];
  for await (const token of sdk.user.tokens.list()) names.push(token.name);
  expect(names).toContain('by the SDK');
  expect(await sdk.user.tokens.delete(made.id!)).toEqual({ id: made.id });
});

test('a user has fifty tokens at most', async () => {
  const { result_info } = (await api.get('/user/tokens?include_expired=true&per_page=50')).body;
  const missing = 50 - result_info.total_count;
  await Promise.all(Array.from({ length: missing }, () => make()));
  const answer = await api.post('/user/tokens', { name: 'one more', policies: tunnels() });
  expect([answer.status, answer.body.errors[0].message]).toEqual([
    400,
    'exceeded quota: a user has at most 50 tokens',
  ]);
});
