import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Api, apiOf } from '../../support/api.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

const MASTER = 'a-token-that-may-do-everything-0123456';
let offramp: RunningOfframp;
let api: Api;
let other: { id: string };
let otherZone: { id: string };
let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-permissions-'));
  offramp = await startOfframp(['--api-token', MASTER, '--data-dir', dataDir]);
  api = apiOf(offramp, MASTER);
  other = await api.create('/accounts', { name: 'Other' });
  otherZone = await api.create('/zones', { name: 'other.test', account: { id: other.id } });
});
afterAll(async () => {
  await offramp.stop();
  await rm(dataDir, { recursive: true });
});

const accountOf = (id: string) => ({ [`com.cloudflare.api.account.${id}`]: '*' });
const zoneOf = (id: string) => ({ [`com.cloudflare.api.account.zone.${id}`]: '*' });
const zonesOf = (account: string) => ({
  [`com.cloudflare.api.account.${account}`]: { 'com.cloudflare.api.account.zone.*': '*' },
});

async function groupIds(names: readonly string[]): Promise<{ id: string }[]> {
  const groups: { id: string; name: string }[] = (await api.get('/user/tokens/permission_groups')).body
    .result;
  return names.map((name) => ({ id: groups.find((group) => group.name === name)!.id }));
}

type Allowed = [names: readonly string[], resources: object, effect?: 'allow' | 'deny'];

/** A client with a token that may do just this. */
async function clientWith(...allowed: Allowed[]): Promise<Api> {
  const policies = [];
  for (const [names, resources, effect = 'allow'] of allowed)
    policies.push({ effect, permission_groups: await groupIds(names), resources });
  const { value } = await api.create('/user/tokens', { name: 'limited', policies });
  return apiOf(offramp, value);
}

const status = async (client: Api, method: string, target: string, body?: unknown) =>
  (await client.call(method, target, body)).status;

const pool = (name: string) => ({ name, origins: [{ name: 'one', address: 'origin.example.net' }] });

test('reading takes Read or Write, writing takes Write, and other subjects stay closed', async () => {
  const reader = await clientWith([
    ['Load Balancing: Monitors and Pools Read'],
    accountOf(offramp.accountId),
  ]);
  const writer = await clientWith([
    ['Load Balancing: Monitors and Pools Write'],
    accountOf(offramp.accountId),
  ]);
  expect(await status(reader, 'GET', '@/load_balancers/pools')).toBe(200);
  expect(await status(writer, 'GET', '@/load_balancers/pools')).toBe(200);
  expect(await status(reader, 'HEAD', '@/load_balancers/pools')).toBe(200);
  expect(await status(reader, 'GET', '@/load_balancing_analytics/events')).toBe(200);
  expect(await status(reader, 'POST', '@/load_balancers/pools', pool('by-reader'))).toBe(403);
  expect(await status(writer, 'POST', '@/load_balancers/pools', pool('by-writer'))).toBe(200);
  for (const target of [
    '@/teamnet/routes',
    '@/cfd_tunnel',
    '@/magic/gre_tunnels',
    '%',
    '%/load_balancers',
    '/user',
  ])
    expect([target, await status(writer, 'GET', target)]).toEqual([target, 403]);
  expect(await status(writer, 'PUT', '@', { name: 'taken over' })).toBe(403);
  expect(await status(writer, 'DELETE', '@')).toBe(403);
});

test('a refusal looks like that of a wrong credential, comes before the body is judged, and changes nothing', async () => {
  const reader = await clientWith([
    ['Load Balancing: Monitors and Pools Read'],
    accountOf(offramp.accountId),
  ]);
  const before = (await api.get('@/load_balancers/pools')).body.result;
  const answer = await reader.post('@/load_balancers/pools', { name: 5 });
  expect([answer.status, answer.body.errors]).toEqual([
    403,
    [{ code: 10000, message: 'Authentication error' }],
  ]);
  expect((await api.get('@/load_balancers/pools')).body.result).toEqual(before);
});

test('what a token may not do is refused before its body is read, whatever it is', async () => {
  const client = await clientWith(
    [['Load Balancers Write'], zoneOf(offramp.zoneId)],
    [['Zone Write'], zonesOf(other.id)],
  );
  const type = (name: string) => ({ 'content-type': name });
  const bodies: [body: string, headers: Record<string, string>][] = [
    ['x', {}],
    ['{}', type('text/plain')],
    ['{}', type('no type')],
    ['a=b', type('multipart/form-data; boundary=b')],
    [JSON.stringify({ name: 'x'.repeat(1024 * 1024) }), {}],
  ];
  for (const [body, headers] of bodies) {
    const refused = await client.call('POST', '@/load_balancers/pools', body, headers);
    expect([refused.status, refused.body.errors]).toEqual([
      403,
      [{ code: 10000, message: 'Authentication error' }],
    ]);
    for (const [method, target] of [
      ['PUT', '@'],
      ['PATCH', `%/dns_records/${'f'.repeat(32)}`],
      ['POST', '/user/tokens'],
    ] as const)
      expect([target, (await client.call(method, target, body, headers)).status]).toEqual([target, 403]);
    // Who may make zones somewhere, and who may write what is in the zone, is told about the body.
    for (const target of ['/zones', '%/load_balancers'])
      expect((await client.call('POST', target, body, headers)).status).toBeOneOf([400, 413]);
  }
  expect(
    await status(await clientWith([['Zone Write'], zoneOf(offramp.zoneId)]), 'POST', '/zones', 'x'),
  ).toBe(403);
});

test('a path with an identifier that is none is not there, whatever the token may do', async () => {
  const client = await clientWith([['DNS Read'], zoneOf(offramp.zoneId)]);
  for (const target of [
    '/accounts/nothing/cfd_tunnel',
    '@/cfd_tunnel/nothing',
    '/zones/nothing/load_balancers',
  ])
    for (const method of ['GET', 'POST', 'PATCH'])
      expect([
        target,
        method,
        await status(client, method, target, method === 'GET' ? undefined : 'x'),
      ]).toEqual([target, method, expect.toBeOneOf([404, 405])]);
});

test('another account is closed however its path is spelt, and not in the list', async () => {
  const client = await clientWith([
    ['Cloudflare Tunnel Write', 'Account Settings Read'],
    accountOf(offramp.accountId),
  ]);
  const spelt = other.id.replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`);
  for (const id of [other.id, spelt, spelt.replace('%', '%25')])
    expect([id, await status(client, 'GET', `/accounts/${id}/cfd_tunnel`)]).toEqual([id, 403]);
  expect(await status(client, 'GET', `/accounts/${other.id}`)).toBe(403);
  const { result, result_info } = (await client.get('/accounts')).body;
  expect([result.map(({ id }: { id: string }) => id), result_info.total_count]).toEqual([
    [offramp.accountId],
    1,
  ]);
  expect((await client.get('/accounts?name=Other')).body.result).toEqual([]);
  const everywhere = await clientWith([['Cloudflare Tunnel Read'], { 'com.cloudflare.api.account.*': '*' }]);
  expect(await status(everywhere, 'GET', `/accounts/${other.id}/cfd_tunnel`)).toBe(200);
  expect((await everywhere.get('/accounts')).body.result).toHaveLength(2);
});

test('zones are open by name, by account or all, and the list shows those', async () => {
  const [one, ofOther, all] = [
    await clientWith([['Load Balancers Read'], zoneOf(offramp.zoneId)]),
    await clientWith([['Zone Write'], zonesOf(other.id)]),
    await clientWith([['Zone Read'], { 'com.cloudflare.api.account.zone.*': '*' }]),
  ];
  const seen = async (client: Api) =>
    (await client.get('/zones?order=name')).body.result.map(({ id }: { id: string }) => id);
  expect(await seen(one)).toEqual([offramp.zoneId]);
  expect(await seen(ofOther)).toEqual([otherZone.id]);
  expect(await seen(all)).toEqual([offramp.zoneId, otherZone.id]);
  expect(await status(one, 'GET', '%')).toBe(200);
  expect(await status(one, 'GET', '%/load_balancers')).toBe(200);
  expect(await status(one, 'PATCH', '%', { paused: true })).toBe(403);
  expect(await status(one, 'GET', `/zones/${otherZone.id}/load_balancers`)).toBe(403);
  expect(await status(ofOther, 'PATCH', `/zones/${otherZone.id}`, {})).toBe(200);
  expect(await status(ofOther, 'GET', `/zones/${otherZone.id}/load_balancers`)).toBe(403);
});

test('zones and accounts are made by who may touch every one of them', async () => {
  const [ofOne, ofOther] = [
    await clientWith([['Zone Write'], zoneOf(offramp.zoneId)]),
    await clientWith([['Zone Write'], zonesOf(other.id)]),
  ];
  const zone = (account: unknown) => ({ name: 'made.test', account: { id: account } });
  expect(await status(ofOne, 'POST', '/zones', zone(offramp.accountId))).toBe(403);
  expect(await status(ofOther, 'POST', '/zones', zone(offramp.accountId))).toBe(403);
  for (const account of ['*', {}, ['*']])
    expect(await status(ofOther, 'POST', '/zones', zone(account))).toBe(403);
  // No account named may be any: the body itself is what is wrong.
  expect(await status(ofOther, 'POST', '/zones', 'null')).toBe(400);
  expect(await status(ofOne, 'POST', '/zones', 'null')).toBe(403);
  const made = await ofOther.post('/zones', zone(other.id));
  expect(made.status).toBe(200);
  // A zone that has just been made is known to the next request.
  expect(await status(ofOther, 'DELETE', `/zones/${made.body.result.id}`)).toBe(200);
  expect(await status(ofOther, 'DELETE', `/zones/${made.body.result.id}`)).toBe(403);
  const settings = await clientWith([['Account Settings Write'], accountOf(offramp.accountId)]);
  expect(await status(settings, 'POST', '/accounts', { name: 'Third' })).toBe(403);
});

test('what a policy denies is closed, also when another one allows it', async () => {
  const client = await clientWith(
    [['Cloudflare Tunnel Write', 'Cloudflare Tunnel Read'], { 'com.cloudflare.api.account.*': '*' }],
    [['Cloudflare Tunnel Write'], accountOf(other.id), 'deny'],
  );
  expect(await status(client, 'POST', '@/cfd_tunnel', { name: 'allowed' })).toBe(200);
  expect(await status(client, 'POST', `/accounts/${other.id}/cfd_tunnel`, { name: 'denied' })).toBe(403);
  expect(await status(client, 'GET', `/accounts/${other.id}/cfd_tunnel`)).toBe(200);
});

test('what is denied in the first account is denied below /user', async () => {
  const everywhere: Allowed = [
    ['Load Balancing: Monitors and Pools Write'],
    { 'com.cloudflare.api.account.*': '*' },
  ];
  const denied = await clientWith(everywhere, [everywhere[0], accountOf(offramp.accountId), 'deny']);
  expect(await status(denied, 'GET', '@/load_balancers/pools')).toBe(403);
  expect(await status(denied, 'GET', '/user/load_balancers/pools')).toBe(403);
  expect(await status(denied, 'POST', '/user/load_balancers/pools', pool('denied'))).toBe(403);
  expect(await status(await clientWith(everywhere), 'GET', '/user/load_balancers/pools')).toBe(200);
});

test("a tunnel's token is not for readers", async () => {
  const { id } = await api.create('@/cfd_tunnel', { name: 'with a token' });
  const reader = await clientWith([['Cloudflare Tunnel Read'], accountOf(offramp.accountId)]);
  const writer = await clientWith([['Cloudflare Tunnel Write'], accountOf(offramp.accountId)]);
  expect(await status(reader, 'GET', `@/cfd_tunnel/${id}`)).toBe(200);
  expect(await status(reader, 'GET', `@/cfd_tunnel/${id}/token`)).toBe(403);
  expect(await status(writer, 'GET', `@/cfd_tunnel/${id}/token`)).toBe(200);
});

test('leading a load balancer to a tunnel takes what changing it and its pool takes', async () => {
  const { id } = await api.create('@/cfd_tunnel', { name: 'led to' });
  const here = zoneOf(offramp.zoneId);
  const account = accountOf(offramp.accountId);
  const lead = (client: Api) =>
    status(client, 'PUT', `%/tunnels/${id}/routes`, {
      type: 'lb',
      lb_name: 'led.example.com',
      lb_pool: 'led',
    });
  const balancers: Allowed = [['Load Balancers Write'], here];
  const pools: Allowed = [['Load Balancing: Monitors and Pools Write'], account];
  expect(await lead(await clientWith([['Zone Write'], here], pools))).toBe(403);
  expect(await lead(await clientWith(balancers))).toBe(403);
  expect(
    await lead(await clientWith(balancers, [['Load Balancing: Monitors and Pools Read'], account])),
  ).toBe(403);
  expect(await lead(await clientWith(balancers, pools))).toBe(200);
});

test('DNS records, and leading a host name to a tunnel, take permissions of DNS', async () => {
  const { id } = await api.create('@/cfd_tunnel', { name: 'published' });
  const here = zoneOf(offramp.zoneId);
  const lead = (client: Api, user_hostname: string) =>
    status(client, 'PUT', `%/tunnels/${id}/routes`, { type: 'dns', user_hostname });
  const writer = await clientWith([['DNS Write'], here]);
  const reader = await clientWith([['DNS Read'], here]);
  const balancers = await clientWith([['Load Balancers Write'], here]);
  expect(await lead(writer, 'led-by-name')).toBe(200);
  expect(await lead(reader, 'not-led')).toBe(403);
  expect(await lead(balancers, 'not-led')).toBe(403);
  expect(await status(reader, 'GET', '%/dns_records')).toBe(200);
  expect(await status(balancers, 'GET', '%/dns_records')).toBe(403);
  expect(await status(reader, 'POST', '%/dns_records', {})).toBe(403);
});

test('what no credential is needed for, and what is not there, is the same for every token', async () => {
  const client = await clientWith([['DNS Read'], zoneOf(offramp.zoneId)]);
  expect(await status(client, 'GET', '/ips')).toBe(200);
  expect(await status(client, 'GET', '/nowhere')).toBe(404);
  expect(await status(client, 'GET', '/user/tokens/verify')).toBe(200);
});

test('tokens count after a restart', async () => {
  const policies = [
    { effect: 'allow', permission_groups: await groupIds(['Zone Read']), resources: zoneOf(offramp.zoneId) },
  ];
  const { value } = await api.create('/user/tokens', { name: 'kept', policies });
  await offramp.stop();
  offramp = await startOfframp(['--api-token', MASTER, '--data-dir', dataDir]);
  api = apiOf(offramp, MASTER);
  const client = apiOf(offramp, value);
  expect(await status(client, 'GET', '%')).toBe(200);
  expect(await status(client, 'GET', '@/cfd_tunnel')).toBe(403);
});

/** Where every credential is good. */
let open: RunningOfframp;
beforeAll(async () => {
  open = await startOfframp(['--rate-limit', '1200']);
});
afterAll(() => open.stop());

test('with --auth any a made token has its limits, and another credential has none', async () => {
  const anybody = apiOf(open);
  const [group] = (await anybody.get('/user/tokens/permission_groups?name=Zone%20Read')).body.result;
  const { value } = await anybody.create('/user/tokens', {
    name: 'limited',
    policies: [{ effect: 'allow', permission_groups: [{ id: group.id }], resources: zoneOf(open.zoneId) }],
  });
  const limited = apiOf(open, value);
  expect([await status(limited, 'GET', '%'), await status(limited, 'GET', '@/cfd_tunnel')]).toEqual([
    200, 403,
  ]);
  expect(await status(apiOf(open, 'whoever'), 'GET', '@/cfd_tunnel')).toBe(200);
  const { headers } = await limited.get('%');
  expect([headers.get('ratelimit-policy'), headers.get('retry-after')]).toEqual([
    '"default";q=1200;w=300',
    null,
  ]);
});

test.each([
  ['any', () => open],
  ['strict', () => offramp],
])(
  'with --auth %s the value of a token that is deleted, rolled or of a deleted account opens nothing at once',
  async (_mode, program) => {
    const served = program();
    const owner = apiOf(served, MASTER);
    const [group] = (
      await owner.get('/user/tokens/permission_groups?name=Load%20Balancing:%20Monitors%20and%20Pools%20Read')
    ).body.result;
    const body = (account: string) => ({
      name: 'limited',
      policies: [{ effect: 'allow', permission_groups: [{ id: group.id }], resources: accountOf(account) }],
    });
    const account = (await owner.create('/accounts', { name: 'Leaving' })).id;
    const deleted: [path: string, revoke: (path: string) => Promise<Answer>, account: string][] = [
      ['/user/tokens', (path) => owner.delete(path), served.accountId],
      ['@/tokens', (path) => owner.delete(path), served.accountId],
      ['/user/tokens', (path) => owner.put(`${path}/value`, {}), served.accountId],
      ['@/tokens', (path) => owner.put(`${path}/value`, {}), served.accountId],
      [`/accounts/${account}/tokens`, () => owner.delete(`/accounts/${account}`), account],
    ];
    for (const [path, revoke, of] of deleted) {
      const { id, value } = await owner.create(path, body(of));
      const limited = apiOf(served, value);
      expect(await status(limited, 'GET', `/accounts/${of}/load_balancers/pools`)).toBe(200);
      expect(await status(limited, 'GET', '@/cfd_tunnel')).toBe(403);
      expect((await revoke(`${path}/${id}`)).status).toBe(200);
      for (const target of ['@/cfd_tunnel', '@/load_balancers/pools', '/user', '/user/tokens/verify']) {
        const refused = await limited.get(target);
        expect([target, refused.status, refused.body.errors]).toEqual([
          target,
          403,
          [{ code: 10000, message: 'Authentication error' }],
        ]);
      }
      expect(await status(limited, 'POST', '@/cfd_tunnel', { name: 'taken' })).toBe(403);
    }
  },
);
