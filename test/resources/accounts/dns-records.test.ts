import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordName } from '../../../src/resources/accounts/dns-records/rules.js';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
let content: string;
let other: string;
const PATH = '%/dns_records';
const UNKNOWN = '11111111-2222-4333-8444-555555555555';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

const targetOf = async (name: string) =>
  `${(await api.create('@/cfd_tunnel', { name })).id}.cfargotunnel.com`;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  content = await targetOf('first');
  other = await targetOf('second');
});
afterAll(() => offramp.stop());

const body = (name: string, fields: object = {}) => ({
  type: 'CNAME',
  name,
  content,
  proxied: true,
  ...fields,
});
const add = (name: string, fields: object = {}) => api.create(PATH, body(name, fields));
const errorOf = async (asked: Promise<{ status: number; body: { errors: object[] } }>) => {
  const answer = await asked;
  return { status: answer.status, ...answer.body.errors[0] };
};

test('a record is created, read back, changed, replaced and deleted', async () => {
  const record = await add('App', { ttl: 3600, comment: 'the app', tags: ['team:web'] });
  expect(record).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: 'app.example.com',
    type: 'CNAME',
    content,
    proxiable: true,
    proxied: true,
    ttl: 1,
    settings: {},
    meta: {},
    comment: 'the app',
    tags: ['team:web'],
    created_on: expect.stringMatching(TIME),
    modified_on: record.created_on,
    comment_modified_on: record.created_on,
    tags_modified_on: record.created_on,
  });
  const one = `${PATH}/${record.id}`;
  expect((await api.get(one)).body.result).toEqual(record);
  expect((await api.patch(one, {})).body.result).toEqual(record);

  const changed = (await api.patch(one, { content: other.toUpperCase(), settings: { ipv4_only: false } }))
    .body;
  expect(changed.result).toEqual({
    ...record,
    content: other,
    settings: { ipv4_only: false },
    modified_on: expect.stringMatching(TIME),
  });
  expect(changed.messages).toEqual([]);
  const replaced = (await api.put(one, body('web.example.com'))).body.result;
  expect(replaced).toMatchObject({ name: 'web.example.com', content, settings: {}, comment: null, tags: [] });
  expect((await api.get(one)).body.result).toEqual(replaced);

  expect((await api.delete(one)).body.result).toEqual({ id: record.id });
  const gone = { status: 404, code: 81044, message: 'Record does not exist.' };
  for (const asked of [api.get(one), api.patch(one, {}), api.put(one, body('web')), api.delete(one)])
    expect(await errorOf(asked)).toEqual(gone);
});

test.each([
  ['@', 'example.com'],
  ['example.com', 'example.com'],
  ['www', 'www.example.com'],
  ['WWW.Example.com.', 'www.example.com'],
  ['*', '*.example.com'],
  ['*.dev', '*.dev.example.com'],
  ['app.other.com', 'app.other.com.example.com'],
  ['badexample.com', 'badexample.com.example.com'],
  ['_dmarc', '_dmarc.example.com'],
  ['bücher', 'xn--bcher-kva.example.com'],
  ['a..b', null],
  ['a b', null],
  ['x.*', null],
  ['-', null],
  ['a'.repeat(64), null],
])('a record named %s in example.com is that of %s', (given, name) => {
  expect(recordName('example.com', given)).toBe(name);
});

test('an alias is the only one that leads its name somewhere, besides a load balancer', async () => {
  const record = await add('once');
  const taken = {
    status: 400,
    code: 81053,
    message: 'An A, AAAA, or CNAME record with that host already exists.',
  };
  expect(await errorOf(api.post(PATH, body('ONCE.example.com')))).toEqual(taken);
  const second = await add('twice');
  expect(await errorOf(api.patch(`${PATH}/${second.id}`, { name: 'once' }))).toEqual(taken);
  expect((await api.put(`${PATH}/${record.id}`, body('once', { comment: 'same name' }))).status).toBe(200);
  const pool = await api.create('@/load_balancers/pools', {
    name: 'once',
    origins: [{ name: 'one', address: 'origin.example.net' }],
  });
  await api.create('%/load_balancers', {
    name: 'once.example.com',
    default_pools: [pool.id],
    fallback_pool: pool.id,
  });
});

test('of two writers of one alias at the same time one is told that it exists', async () => {
  const answers = await Promise.all([api.post(PATH, body('raced')), api.post(PATH, body('raced'))]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
});

test('records of other types are refused by name, and so are the operations on many', async () => {
  for (const fields of [
    { type: 'MX', content: 'mail.example.com', priority: 10 },
    { type: 'SRV', data: { priority: 1, weight: 1, port: 1, target: 'a.example.com' } },
    { type: 'CAA', data: { flags: 0, tag: 'issue', value: 'ca.example.net' } },
    { type: 'NS', content: 'ns.example.net' },
  ]) {
    expect(await errorOf(api.post(PATH, body('other', fields)))).toEqual({
      status: 400,
      code: 10501,
      message: `A DNS record of type ${fields.type} is not implemented by this version of Offramp`,
    });
  }
  for (const asked of [api.post(`${PATH}/batch`, { posts: [] }), api.get(`${PATH}/export`)])
    expect([404, 405]).toContain((await asked).status);
});

test.each([
  [{ type: 'NONE' }, /type must be a type of DNS records such as CNAME/],
  [{ type: undefined }, /type is required/],
  [{ name: undefined }, /name is required/],
  [{ name: '' }, /name must not be empty/],
  [{ name: 'a..b' }, /"a\.\.b" does not make a host name in the zone example\.com/],
  [{ content: 'not a name' }, /"not a name" is not a host name/],
  [{ content: `${UNKNOWN}.cfargotunnel.com` }, /the account has no tunnel 11111111-/],
  [{ ttl: 29 }, /ttl must be 30 to 86400 seconds, or 1 for automatic/],
  [{ comment: 'c'.repeat(501) }, /comment must be at most 500 characters/],
  [{ tags: [':value'] }, /tags\[0\] must be like "name:value"/],
  [{ settings: { flatten_cname: true } }, /flatten_cname is not for proxied records/],
  [{ settings: { ipv4_only: true, ipv6_only: true } }, /leave no address/],
])('a record with %j is refused as one that is not valid', async (fields, message) => {
  const error = await errorOf(api.post(PATH, body('invalid', fields)));
  expect(error).toMatchObject({
    status: 400,
    code: 1004,
    message: expect.stringMatching(/^DNS Validation Error: /),
  });
  expect(error).toHaveProperty('message', expect.stringMatching(message));
});

test('what is wrong with the content has a code of its own', async () => {
  const error = await errorOf(api.post(PATH, body('invalid', { content: `${UNKNOWN}.cfargotunnel.com` })));
  expect(error).toHaveProperty('error_chain', [
    { code: 9007, message: 'Content for CNAME record is invalid.' },
  ]);
});

test('a setting that answers of DNS do not follow says so', async () => {
  const { body: answer } = await api.post(PATH, body('single', { settings: { ipv4_only: true } }));
  expect(answer.result.settings).toEqual({ ipv4_only: true });
  expect(answer.messages).toEqual([
    { code: 10501, message: 'settings: answers of DNS have the addresses of both families' },
  ]);
});

test('the list filters and orders as it is asked to', async () => {
  const zone = await api.create('/zones', { name: 'list.test', account: { id: offramp.accountId } });
  const path = `/zones/${zone.id}/dns_records`;
  const make = (name: string, fields: object) => api.create(path, body(name, fields));
  await make('beta', { comment: 'Second one', tags: ['team:web', 'old'] });
  await make('alpha', { content: other, tags: ['team:db'] });
  await make('*.beta', {});
  const names = async (query: string) =>
    (await api.get(`${path}?${query}`)).body.result.map(({ name }: { name: string }) =>
      name.replace('.list.test', ''),
    );
  expect(await names('')).toEqual(['beta', 'alpha', '*.beta']);
  expect(await names('name=BETA.list.test')).toEqual(['beta']);
  expect(await names('name.exact=alpha.list.test')).toEqual(['alpha']);
  expect(await names('name.contains=beta')).toEqual(['beta', '*.beta']);
  expect(await names('name.startswith=al')).toEqual(['alpha']);
  expect(await names('name.endswith=.beta.list.test')).toEqual(['*.beta']);
  expect(await names(`content=${other}`)).toEqual(['alpha']);
  expect(await names('content.endswith=.cfargotunnel.com&order=name')).toEqual(['*.beta', 'alpha', 'beta']);
  expect(await names('order=name&direction=desc')).toEqual(['beta', 'alpha', '*.beta']);
  expect(await names('type=CNAME&proxied=true')).toHaveLength(3);
  expect(await names('type=A')).toEqual([]);
  expect(await names('proxied=false')).toEqual([]);
  expect(await names('comment.contains=second')).toEqual(['beta']);
  expect(await names('comment.absent=')).toEqual(['alpha', '*.beta']);
  expect(await names('tag.present=TEAM')).toEqual(['beta', 'alpha']);
  expect(await names('tag.exact=team:web&tag.absent=old')).toEqual([]);
  expect(await names('tag.exact=team:db&tag.present=old&tag_match=any')).toEqual(['beta', 'alpha']);
  expect(await names('tag.contains=TEAM:E')).toEqual(['beta']);
  expect(await names('tag.startswith=team:d')).toEqual(['alpha']);
  expect(await names('tag.endswith=team:b')).toEqual(['beta', 'alpha']);
  expect(await names('tag.endswith=te:b')).toEqual([]);
  expect(await names('shadowing_name=beta.list.test')).toEqual([]);
  expect(await names('shadowed_by_name=beta.list.test&include_shadow_metadata=true')).toEqual([
    'beta',
    '*.beta',
  ]);
  expect(await names(`name=beta.list.test&content=${other}`)).toEqual([]);
  expect(await names(`name=beta.list.test&content=${other}&match=any`)).toEqual(['beta', 'alpha']);
  expect(await names('search=SECOND')).toEqual(['beta']);
  const page = (await api.get(`${path}?per_page=2&page=2`)).body;
  expect(page.result_info).toEqual({ page: 2, per_page: 2, count: 1, total_count: 3, total_pages: 2 });
  expect((await api.get(`${path}?order=age`)).status).toBe(400);
  expect((await api.get(`/zones/${'0'.repeat(32)}/dns_records`)).status).toBe(404);

  await api.delete(`/zones/${zone.id}`);
  expect((await api.get(path)).status).toBe(404);
});

test('a record stays when its tunnel is deleted, and can still be changed', async () => {
  const target = await targetOf('short-lived');
  const record = await add('stays', { content: target });
  await api.delete(`@/cfd_tunnel/${target.split('.')[0]}`);
  const one = `${PATH}/${record.id}`;
  expect((await api.get(one)).body.result).toEqual(record);
  expect((await api.patch(one, { comment: 'leads nowhere' })).body.result.comment).toBe('leads nowhere');
  expect((await api.patch(one, { content })).body.result.content).toBe(content);
});
