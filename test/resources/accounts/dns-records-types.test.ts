import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '%/dns_records';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const record = (type: string, name: string, content: string, more: object = {}) => ({
  type,
  name,
  content,
  ...more,
});
const add = (...parts: Parameters<typeof record>) => api.create(PATH, record(...parts));
async function refusal(asked: ReturnType<Api['post']>): Promise<{ code: number; message: string }> {
  const { status, body } = await asked;
  expect(status).toBe(400);
  return body.errors[0];
}
const refused = (...parts: Parameters<typeof record>) => refusal(api.post(PATH, record(...parts)));

test.each([
  ['A', '192.0.2.1', '192.0.2.1', true],
  ['AAAA', '2001:DB8:0:0::1', '2001:db8::1', true],
  ['CNAME', 'WWW.Example.Net.', 'www.example.net', true],
  ['CNAME', 'bücher.example', 'xn--bcher-kva.example', true],
  ['TXT', 'v=spf1 -all', 'v=spf1 -all', false],
  ['TXT', '"Two" "strings"', '"Two" "strings"', false],
  ['TXT', '""', '""', false],
])(
  'a record of type %s with %s is stored as %s, and can be changed',
  async (type, sent, content, proxiable) => {
    const made = await add(type, 'one', sent, { ttl: 30 });
    expect(made).toMatchObject({
      type,
      name: 'one.example.com',
      content,
      proxiable,
      proxied: false,
      ttl: 30,
    });
    const one = `${PATH}/${made.id}`;
    expect((await api.get(one)).body.result).toEqual(made);
    const changed = (await api.patch(one, { ttl: 120 })).body;
    expect(changed).toMatchObject({ result: { content, ttl: 120 }, messages: [] });
    expect((await api.patch(one, { content: sent })).body.result).toEqual(changed.result);
    const put = (await api.put(one, record(type, 'two', sent))).body.result;
    expect(put).toMatchObject({ name: 'two.example.com', content, ttl: 1 });
    await api.delete(one);
  },
);

test.each([
  ['A', 'example.net', 9005, 'Content for A record must be a valid IPv4 address. "example.net" is none.'],
  ['A', '2001:db8::1', 9005, 'Content for A record must be a valid IPv4 address. "2001:db8::1" is none.'],
  [
    'A',
    '::ffff:192.0.2.1',
    9005,
    'Content for A record must be a valid IPv4 address. "::ffff:192.0.2.1" is none.',
  ],
  ['A', '1.1', 9005, 'Content for A record must be a valid IPv4 address. "1.1" is none.'],
  ['A', '', 9005, 'Content for A record must be a valid IPv4 address. "" is none.'],
  ['AAAA', '192.0.2.1', 9006, 'Content for AAAA record must be a valid IPv6 address. "192.0.2.1" is none.'],
  ['CNAME', 'wrong.example.com', 9039, 'CNAME content cannot reference itself.'],
  ['TXT', '', 1004, 'DNS Validation Error: the content of a TXT record must not be empty'],
  ['TXT', '"this', 1004, expect.stringContaining('"this is neither')],
  ['TXT', '"these" ones"', 1004, expect.stringContaining('"these" ones" is neither')],
  ['TXT', 'no "start', 1004, expect.stringContaining('or consist of strings in them')],
  ['TXT', '"\\256"', 1004, expect.stringContaining('"\\256" is neither')],
  ['TXT', 'x'.repeat(2049), 1004, expect.stringContaining('has at most 2048 bytes, and this one 2049')],
])('a record of type %s with %s is refused with %i', async (type, content, code, message) => {
  expect(await refused(type, 'wrong', content)).toMatchObject({ code, message });
});

test('addresses and text may have many records of a name, each of them once', async () => {
  const first = await add('A', 'many', '192.0.2.1');
  await add('A', 'many', '192.0.2.2');
  await add('AAAA', 'many', '2001:db8::1');
  await add('TXT', 'many', 'one');
  await add('TXT', 'many', '"two"');
  expect(await refused('A', 'MANY.example.com', '192.0.2.1')).toMatchObject({
    code: 81058,
    message: 'An identical record already exists.',
  });
  expect(await refused('A', 'many', '192.0.2.1', { ttl: 300 })).toMatchObject({
    code: 81057,
    message: 'Record already exists.',
  });
  expect(await refused('TXT', 'many', 'two')).toMatchObject({ code: 81058 });
  expect(await refusal(api.patch(`${PATH}/${first.id}`, { content: '192.0.2.2' }))).toMatchObject({
    code: 81058,
  });
});

test('beside an alias there is no other and no address, but text', async () => {
  await add('TXT', 'alias', 'before');
  const alias = await add('CNAME', 'alias', 'www.example.net');
  await add('TXT', 'alias', 'after');
  expect(await refused('CNAME', 'alias', 'other.example.net')).toMatchObject({ code: 81053 });
  expect(await refused('A', 'alias', '192.0.2.1')).toMatchObject({
    code: 81054,
    message: 'A CNAME record with that host already exists.',
  });
  await add('A', 'address', '192.0.2.1');
  expect(await refused('CNAME', 'address', 'www.example.net')).toMatchObject({
    code: 81053,
    message: 'An A, AAAA, or CNAME record with that host already exists.',
  });
  expect(await refusal(api.patch(`${PATH}/${alias.id}`, { name: 'address' }))).toMatchObject({ code: 81053 });
  const turned = await api.patch(`${PATH}/${alias.id}`, { type: 'A', content: '192.0.2.9' });
  expect(turned.body.result).toMatchObject({ id: alias.id, type: 'A', content: '192.0.2.9' });
});

test('text of one name has 8192 bytes in all, and long strings are cut into pieces', async () => {
  const long = await add('TXT', 'long', `"${'a'.repeat(300)}" "b"`);
  expect(long.content).toBe(`"${'a'.repeat(255)}" "${'a'.repeat(45)}" "b"`);
  const unquoted = 'c'.repeat(2048);
  expect((await add('TXT', 'long', unquoted)).content).toBe(unquoted);
  for (const letter of 'de') await add('TXT', 'long', letter.repeat(2048));
  expect(await refused('TXT', 'long', 'f'.repeat(2048))).toMatchObject({
    code: 83011,
    message:
      'Combined content length of records with this name is 8493 bytes; TXT records of one name have 8192 at most.',
  });
});

test('a type has a hundred records of a name at most', async () => {
  for (let last = 1; last <= 100; last += 1) await add('A', 'crowd', `192.0.2.${last}`);
  expect(await refused('A', 'crowd', '192.0.2.101')).toMatchObject({
    code: 1004,
    message: expect.stringContaining('crowd.example.com has 100 records of type A already'),
  });
});

test('text cannot be proxied, and only aliases are flattened', async () => {
  expect(await refused('TXT', 'text', 'text', { proxied: true })).toMatchObject({
    code: 9004,
    message: 'This record type cannot be proxied. A, AAAA and CNAME can, TXT cannot.',
  });
  expect(await refused('A', 'text', '192.0.2.1', { settings: { flatten_cname: true } })).toMatchObject({
    code: 1004,
    message: expect.stringContaining('settings.flatten_cname is for CNAME records, and not for A'),
  });
  const settings = { flatten_cname: true };
  expect((await add('CNAME', 'flat', 'www.example.net', { settings })).settings).toEqual(settings);
});

test('what a proxied record of an address does not do, its answer says', async () => {
  for (const [type, content] of [
    ['A', '192.0.2.1'],
    ['AAAA', '2001:db8::1'],
    ['CNAME', 'www.example.net'],
  ] as const) {
    const { body } = await api.post(
      PATH,
      record(type, `proxied-${type}`, content, { proxied: true, ttl: 600 }),
    );
    const name = `proxied-${type.toLowerCase()}.example.com`;
    expect(body.result).toMatchObject({ name, proxied: true, ttl: 1 });
    expect(body.messages).toEqual([
      {
        code: 10501,
        message: `proxied: requests for ${name} are not forwarded; DNS answers with the content of the record, as if it were not proxied`,
      },
    ]);
  }
});

test("an alias of a tunnel's name that is not proxied is taken, and says that it leads no requests there", async () => {
  const content = '11111111-2222-4333-8444-555555555555.cfargotunnel.com';
  const { body } = await api.post(PATH, record('CNAME', 'unproxied', content));
  expect(body.messages).toEqual([
    {
      code: 10501,
      message: 'content: requests for unproxied.example.com go to the tunnel when the record is proxied',
    },
  ]);
  expect(await refusal(api.patch(`${PATH}/${body.result.id}`, { proxied: true }))).toMatchObject({
    code: 1004,
    message: expect.stringContaining('the account has no tunnel'),
  });
});

test('a load balancer of the same name is followed, and the answers to both writes say so', async () => {
  const origins = [{ name: 'one', address: 'origin.example.net' }];
  const pool = await api.create('@/load_balancers/pools', { name: 'precedence', origins });
  const balancer = { default_pools: [pool.id], fallback_pool: pool.id };
  for (const last of [1, 2, 3, 4]) await add('A', 'both', `192.0.2.${last}`);
  await add('TXT', 'both', 'text');
  const { body } = await api.post('%/load_balancers', { name: 'both.example.com', ...balancer });
  expect(body.messages).toEqual([
    {
      code: 10506,
      message:
        'the load balancer is followed in place of the DNS records of both.example.com: A 192.0.2.1, A 192.0.2.2, A 192.0.2.3 and 1 more',
    },
  ]);
  const behind = {
    code: 10506,
    message:
      'both.example.com is the name of a load balancer, which DNS and requests follow in place of this record while it is enabled',
  };
  const { messages } = (await api.post(PATH, record('AAAA', 'both', '2001:db8::1'))).body;
  expect(messages).toEqual([behind]);
  expect((await api.post(PATH, record('TXT', 'both', 'more'))).body.messages).toEqual([]);
  const one = `%/load_balancers/${body.result.id}`;
  expect((await api.patch(one, { enabled: false })).body.messages).toEqual([]);
  expect((await api.post(PATH, record('A', 'both', '192.0.2.5'))).body.messages).toEqual([]);
});

test('a record with the name of a name server says that DNS does not follow it', async () => {
  expect((await api.post(PATH, record('A', 'ns1', '192.0.2.1'))).body.messages).toEqual([
    {
      code: 10506,
      message: 'ns1.example.com is a name server of the zone: DNS answers with its addresses alone',
    },
  ]);
});

test('the list tells types apart, and finds records by their content', async () => {
  const zone = await api.create('/zones', { name: 'types.test', account: { id: offramp.accountId } });
  const path = `/zones/${zone.id}/dns_records`;
  for (const [type, content] of [
    ['A', '192.0.2.1'],
    ['A', '192.0.2.2'],
    ['TXT', '"heritage=external-dns"'],
  ] as const)
    await api.create(path, record(type, '@', content));
  const found = async (query: string) =>
    (await api.get(`${path}?${query}`)).body.result.map(({ content }: { content: string }) => content);
  expect(await found('type=A&name=types.test')).toEqual(['192.0.2.1', '192.0.2.2']);
  expect(await found('type=A&content=192.0.2.2')).toEqual(['192.0.2.2']);
  expect(await found('content.contains=heritage')).toEqual(['"heritage=external-dns"']);
  expect(await found('order=type&direction=desc')).toEqual([
    '"heritage=external-dns"',
    '192.0.2.2',
    '192.0.2.1',
  ]);
});
