import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/cfd_tunnel';
const UNKNOWN = '11111111-2222-4333-8444-555555555555';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const decode = (token: string) => JSON.parse(Buffer.from(token, 'base64').toString());

test('a tunnel is created with its token, read back without it, renamed and deleted', async () => {
  const created = await api.post(PATH, { name: 'blog' });
  expect(created.status).toBe(200);
  const { token, credentials_file, ...tunnel } = created.body.result;
  expect(tunnel).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    account_tag: offramp.accountId,
    name: 'blog',
    config_src: 'local',
    remote_config: false,
    status: 'inactive',
    tun_type: 'cfd_tunnel',
    connections: [],
    conns_active_at: null,
    conns_inactive_at: null,
    created_at: expect.stringMatching(TIME),
    deleted_at: null,
    metadata: {},
  });
  expect(credentials_file).toEqual({
    AccountTag: offramp.accountId,
    TunnelID: tunnel.id,
    TunnelName: 'blog',
    TunnelSecret: decode(token).s,
  });
  expect(decode(token)).toEqual({ a: offramp.accountId, t: tunnel.id, s: expect.any(String) });
  expect(Buffer.from(decode(token).s, 'base64')).toHaveLength(32);
  expect((await api.get(`${PATH}/${tunnel.id}`)).body.result).toEqual({ ...tunnel, connections: undefined });
  expect((await api.get(`${PATH}/${tunnel.id}/token`)).body.result).toBe(token);

  const renamed = await api.patch(`${PATH}/${tunnel.id}`, { name: 'shop' });
  expect(renamed.body.result).toEqual({ ...tunnel, name: 'shop' });
  const deleted = await api.delete(`${PATH}/${tunnel.id}`);
  expect(deleted.body.result).toEqual({
    ...tunnel,
    name: 'shop',
    deleted_at: expect.stringMatching(TIME),
  });
  const gone = { ...deleted.body.result, connections: undefined };
  expect((await api.get(`${PATH}/${tunnel.id}`)).body.result).toEqual(gone);
});

test('a secret of the client is taken, and a new one makes a new token', async () => {
  const first = randomBytes(32).toString('base64');
  const { id, token } = await api.create(PATH, { name: 'rotating', tunnel_secret: first });
  expect(decode(token).s).toBe(first);
  const second = randomBytes(48).toString('base64');
  const rotated = await api.patch(`${PATH}/${id}`, { tunnel_secret: second });
  expect(rotated.status).toBe(200);
  expect(JSON.stringify(rotated.body)).not.toContain(second);
  expect(decode((await api.get(`${PATH}/${id}/token`)).body.result).s).toBe(second);
});

test.each([
  'abcdefghijklmnopqrstuvwxyzABCDEF',
  'dGhpc19pc18xX3NlY3JldF9mb3JfdGhlX2ZpcnN0',
  `${'A'.repeat(30)}==`,
])('a secret is long enough when its text has 32 characters: %s', async (tunnel_secret) => {
  const secretOf = async (one: string) => decode((await api.get(`${one}/token`)).body.result).s;
  const created = await api.create(PATH, { name: `created ${tunnel_secret}`, tunnel_secret });
  expect(await secretOf(`${PATH}/${created.id}`)).toBe(tunnel_secret);
  for (const path of [PATH, '@/warp_connector']) {
    const one = `${path}/${(await api.create(path, { name: `${path} ${tunnel_secret}` })).id}`;
    expect((await api.patch(one, { tunnel_secret })).status).toBe(200);
    expect(await secretOf(one)).toBe(tunnel_secret);
  }
});

test('no list and no error shows a secret', async () => {
  const secret = randomBytes(40).toString('base64');
  const { id } = await api.create(PATH, { name: 'discreet', tunnel_secret: secret });
  const answers = [
    await api.get(`${PATH}?uuid=${id}`),
    await api.get(`${PATH}/${id}`),
    await api.post(PATH, { name: 'discreet', tunnel_secret: secret }),
    await api.post(PATH, { name: 'other', tunnel_secret: `${secret}!` }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 409, 400]);
  for (const { body } of answers) expect(JSON.stringify(body)).not.toContain(secret.slice(0, 20));
});

test('an empty PATCH, or one that repeats the name, changes nothing', async () => {
  const { token, credentials_file, ...tunnel } = await api.create(PATH, { name: 'untouched' });
  expect((await api.patch(`${PATH}/${tunnel.id}`, {})).body.result).toEqual(tunnel);
  expect((await api.patch(`${PATH}/${tunnel.id}`, { name: 'untouched' })).body.result).toEqual(tunnel);
  expect((await api.get(`${PATH}/${tunnel.id}/token`)).body.result).toBe(token);
  expect(credentials_file.TunnelName).toBe('untouched');
});

test('a name is taken only by a live tunnel', async () => {
  const { id } = await api.create(PATH, { name: 'taken' });
  const other = await api.create(PATH, { name: 'free' });
  for (const refused of [
    await api.post(PATH, { name: 'taken' }),
    await api.patch(`${PATH}/${other.id}`, { name: 'taken' }),
  ]) {
    expect(refused.status).toBe(409);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(refused.body.errors).toEqual([
      { code: 1013, message: expect.stringContaining('You already have a tunnel with this name.') },
    ]);
  }
  await api.delete(`${PATH}/${id}`);
  expect((await api.post(PATH, { name: 'taken' })).status).toBe(200);
});

test('of many who want the same name at once exactly one gets it', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => api.post(PATH, { name: 'wanted' })));
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, ...Array(29).fill(409)]);
});

const tooShort = Buffer.alloc(21, 1).toString('base64');
const tooLong = Buffer.alloc(1025, 1).toString('base64');
const noPadding = Buffer.alloc(32, 1).toString('base64').replace('=', '');
test.each([
  [{}, /name/],
  [{ name: '' }, /name must not be empty/],
  [{ name: 'x'.repeat(257) }, /name must be at most 256 characters/],
  [{ name: UNKNOWN }, /name must not be a UUID/],
  [{ name: 'a\0b' }, /name must not contain NUL/],
  [
    { name: 'n', tunnel_secret: tooShort },
    /tunnel_secret must be base64 text of 32 characters or more, which stands for 1024 bytes at most/,
  ],
  [
    { name: 'n', tunnel_secret: tooLong },
    /tunnel_secret must be base64 text of 32 characters or more, which stands for 1024 bytes at most/,
  ],
  [
    { name: 'n', tunnel_secret: noPadding },
    /tunnel_secret must be base64 text of 32 characters or more, which stands for 1024 bytes at most/,
  ],
  [{ name: 'n', tunnel_secret: '' }, /tunnel_secret must be/],
  [{ name: 'n', tunnel_secret: 5 }, /tunnel_secret/],
  [{ name: 'n', config_src: 'elsewhere' }, /config_src/],
  [[], /object/],
  ['{"name"', /Could not parse input/],
])('a body that cannot be used is refused: %j', async (body, message) => {
  const answer = await api.post(PATH, body);
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ success: false, result: null, errors: [{ code: 1030 }] });
  expect(answer.body.errors[0].message).toMatch(message);
});

test('a tunnel is managed from where config_src says, locally when it says nothing', async () => {
  const remote = await api.create(PATH, { name: 'remote', config_src: 'cloudflare' });
  expect(remote).toMatchObject({ config_src: 'cloudflare', remote_config: true });
  expect((await api.get(`${PATH}/${remote.id}`)).body.result.config_src).toBe('cloudflare');
  const local = await api.create(PATH, { name: 'local', config_src: null });
  expect(local).toMatchObject({ config_src: 'local', remote_config: false });
});

test('an unknown or deleted tunnel is 404, and what cannot be an id does not route', async () => {
  const { id } = await api.create(PATH, { name: 'gone' });
  await api.delete(`${PATH}/${id}`);
  const missing = [
    await api.get(`${PATH}/${UNKNOWN}`),
    await api.patch(`${PATH}/${id}`, { name: 'back' }),
    await api.delete(`${PATH}/${id}`),
    await api.get(`${PATH}/${id}/token`),
    await api.get(`${PATH}/${UNKNOWN}/connections`),
    await api.delete(`${PATH}/${UNKNOWN}/connections`),
  ];
  for (const { status, body } of missing)
    expect([status, body.errors[0]]).toEqual([404, { code: 1003, message: 'Tunnel not found' }]);
  const malformed = await api.get(`${PATH}/not-an-id`);
  expect([malformed.status, malformed.body.errors[0].code]).toEqual([404, 7003]);
});

test('a tunnel takes its routes along when it is deleted', async () => {
  const { id } = await api.create(PATH, { name: 'with routes' });
  const route = await api.create('@/teamnet/routes', { network: '10.77.0.0/16', tunnel_id: id });
  const { body } = await api.delete(`${PATH}/${id}`);
  expect((await api.get(`@/teamnet/routes/${route.id}`)).status).toBe(404);
  const listed = (await api.get(`@/teamnet/routes?route_id=${route.id}&is_deleted=true`)).body.result;
  expect(listed).toMatchObject([{ deleted_at: body.result.deleted_at }]);
  const again = await api.delete(`@/teamnet/routes/${route.id}`);
  expect([again.status, again.body.errors[0].code]).toEqual([404, 1015]);
});

test('a tunnel without connectors lists none, and dropping none succeeds', async () => {
  const { id } = await api.create(PATH, { name: 'alone' });
  const listed = await api.get(`${PATH}/${id}/connections`);
  expect(listed.body).toMatchObject({ result: [], result_info: { count: 0, total_count: 0 } });
  for (const query of ['', `?client_id=${UNKNOWN}`])
    expect((await api.delete(`${PATH}/${id}/connections${query}`)).body).toMatchObject({
      success: true,
      result: null,
    });
  expect((await api.delete(`${PATH}/${id}/connections?client_id=x`)).status).toBe(400);
  expect((await api.delete(`${PATH}/${id}?cascade=true`)).status).toBe(200);
});
