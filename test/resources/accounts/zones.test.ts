import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const newZone = (name: string, fields: object = {}) =>
  api.create('/zones', { name, account: { id: offramp.accountId }, ...fields });
const names = async (query: string) =>
  (await api.get(`/zones?${query}`)).body.result.map(({ name }: { name: string }) => name);

test('a zone is active at once and has everything that clients insist on', async () => {
  const zone = await newZone('Complete.test');
  expect(zone).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: 'complete.test',
    status: 'active',
    paused: false,
    type: 'full',
    account: { id: offramp.accountId, name: 'Offramp' },
    development_mode: 0,
    name_servers: ['ns1.complete.test', 'ns.complete.test'],
    original_name_servers: null,
    meta: { step: 2 },
    owner: { id: offramp.accountId, type: 'organization', name: 'Offramp' },
    plan: { legacy_id: 'enterprise' },
  });
  expect((await api.get(`/zones/${zone.id}`)).body.result).toEqual(zone);
});

test('a zone without an account belongs to the first one of the caller', async () => {
  const second = await api.create('/accounts', { name: 'Second' });
  const bodies = [{}, { account: {} }, { account: null }, { account: { id: null } }];
  for (const [index, body] of bodies.entries()) {
    const zone = await api.create('/zones', { name: `nameless${index}.test`, ...body });
    expect(zone.account.id).toBe(offramp.accountId);
  }
  const groups = (await api.get('/user/tokens/permission_groups')).body.result;
  const tokenFor = async (...accounts: string[]) => {
    const write = groups.find(({ name }: { name: string }) => name === 'Zone Write');
    const policies = accounts.map((id) => ({
      effect: 'allow',
      permission_groups: [{ id: write.id }],
      resources: { [`com.cloudflare.api.account.${id}`]: { 'com.cloudflare.api.account.zone.*': '*' } },
    }));
    return apiOf(offramp, (await api.create('/user/tokens', { name: 'zones', policies })).value);
  };
  const limited = await tokenFor(second.id);
  const zone = await limited.create('/zones', { name: 'limited.test' });
  expect(zone.account.id).toBe(second.id);
  const both = await tokenFor(second.id, offramp.accountId);
  expect((await both.create('/zones', { name: 'both.test', account: {} })).account.id).toBe(
    offramp.accountId,
  );
  // A token that may do so in no account.
  const read = groups.find(({ name }: { name: string }) => name === 'Zone Read');
  const resources = {
    [`com.cloudflare.api.account.${second.id}`]: { 'com.cloudflare.api.account.zone.*': '*' },
  };
  const policies = [{ effect: 'allow', permission_groups: [{ id: read.id }], resources }];
  const reader = apiOf(offramp, (await api.create('/user/tokens', { name: 'reader', policies })).value);
  expect((await reader.post('/zones', { name: 'refused.test' })).status).toBe(403);
  expect((await limited.post('/zones', { name: 'x.test', account: { id: offramp.accountId } })).status).toBe(
    403,
  );
});

test('a zone is paused, keeps the rest, and an empty PATCH changes nothing', async () => {
  const zone = await newZone('paused.test');
  const paused = (await api.patch(`/zones/${zone.id}`, { paused: true })).body.result;
  expect(paused).toEqual({ ...zone, paused: true, modified_on: paused.modified_on });
  expect((await api.patch(`/zones/${zone.id}`, {})).body.result).toEqual(paused);
});

test('a zone gets another type and name servers, and the answer says what they do not do', async () => {
  const zone = await newZone('vanity.test');
  const answer = await api.patch(`/zones/${zone.id}`, {
    type: 'partial',
    plan: { id: '0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee' },
    vanity_name_servers: ['ns1.vanity.test', 'ns2.vanity.test'],
  });
  expect(answer.body.messages).toEqual(
    ['type: no DNS', 'plan: there are no plans', 'vanity_name_servers: no DNS'].map((start) => ({
      code: 10501,
      message: expect.stringContaining(start),
    })),
  );
  expect(answer.body.result).toMatchObject({
    type: 'partial',
    vanity_name_servers: ['ns1.vanity.test', 'ns2.vanity.test'],
  });
  expect((await api.get(`/zones/${zone.id}`)).body.result).toEqual(answer.body.result);
  const back = await api.patch(`/zones/${zone.id}`, { type: null, vanity_name_servers: null });
  expect(back.body).toMatchObject({ messages: [], result: { type: 'full', vanity_name_servers: [] } });
});

test.each([
  [{ paused: 'yes' }, /^paused must be true or false/],
  [{ plan: 'free' }, /^plan/],
  [{ type: 'half' }, /^type/],
  [{ vanity_name_servers: 'ns1.example.com' }, /^vanity_name_servers/],
  [{ vanity_name_servers: ['not a name'] }, /^vanity_name_servers\[0\] must be a host name/],
  [{ vanity_name_servers: Array(21).fill('ns1.example.com') }, /at most 20/],
])('a zone is not changed by %j', async (body, message) => {
  const answer = await api.patch('%', body);
  expect([answer.status, answer.body.errors[0].message]).toEqual([400, expect.stringMatching(message)]);
});

test('a deleted zone is gone with its load balancers, and its name is free', async () => {
  const zone = await newZone('gone.test');
  const pool = await api.create('@/load_balancers/pools', {
    name: 'of-the-deleted-zone',
    origins: [{ name: 'one', address: 'origin.example.net' }],
  });
  const balancers = `/zones/${zone.id}/load_balancers`;
  await api.create(balancers, { name: 'lb.gone.test', default_pools: [pool.id], fallback_pool: pool.id });
  expect((await api.delete(`@/load_balancers/pools/${pool.id}`)).status).toBe(412);
  expect((await api.delete(`/zones/${zone.id}`)).body.result).toEqual({ id: zone.id });
  expect((await api.get(`/zones/${zone.id}`)).status).toBe(404);
  expect((await api.get(balancers)).status).toBe(404);
  expect((await api.delete(`@/load_balancers/pools/${pool.id}`)).status).toBe(200);
  expect((await newZone('gone.test')).id).not.toBe(zone.id);
});

test('the list finds zones by name with operators, type, account, and any or all of them', async () => {
  await newZone('alpha.find.test', { type: 'partial' });
  await newZone('beta.find.test');
  expect(await names('name=alpha.find.test')).toEqual(['alpha.find.test']);
  expect(await names('name=contains:FIND&order=name&direction=desc')).toEqual([
    'beta.find.test',
    'alpha.find.test',
  ]);
  expect(await names('name=starts_with:alpha.find')).toEqual(['alpha.find.test']);
  expect(await names('name=ends_with:beta.find.test')).toEqual(['beta.find.test']);
  expect(await names('name=contains_case_sensitive:FIND')).toEqual([]);
  expect(await names('name=contains:find&type=partial')).toEqual(['alpha.find.test']);
  expect(await names('name=beta.find.test&type=partial&match=any&order=name')).toEqual([
    'alpha.find.test',
    'beta.find.test',
  ]);
  expect(await names(`name=contains:find&account.id=${offramp.accountId}&order=name`)).toHaveLength(2);
  expect(await names('name=contains:find&account.id=none')).toEqual([]);
  expect(await names('name=contains:find&status=pending')).toEqual([]);
  expect(await names('name=contains:find&type=partial,secondary')).toEqual(['alpha.find.test']);
  expect(await names('name=contains:find&type=partial&type=full&order=plan.id')).toHaveLength(2);
  // To the database these would be patterns.
  for (const pattern of ['contains:_', 'contains:%', 'contains:\\', 'starts_with:%find', 'ends_with:\\'])
    expect([pattern, await names(`name=${encodeURIComponent(pattern)}`)]).toEqual([pattern, []]);
  expect((await api.get('/zones?type=half')).status).toBe(400);
  expect((await api.get('/zones?order=age')).status).toBe(400);
});

test.each([
  [{ name: 'no-dot' }, /name must be a domain/],
  // RFC 1035 section 2.3.4: a label has 63 octets at most, in punycode as well.
  [{ name: `${'a'.repeat(64)}.example` }, /name must be a domain/],
  [{ name: `${'ü'.repeat(60)}.example` }, /name must be a domain/],
  [{ name: `${'a'.repeat(250)}.test` }, /253/],
  [{ name: 'ok.test', type: 'other' }, /type/],
  [{ name: 'ok.test', account: { id: 'x' } }, /account\.id/],
  [{ name: 'ok.test', account: { id: 'f'.repeat(32) } }, /is not an account/],
])('a zone like %j is refused', async (fields, message) => {
  const answer = await api.post('/zones', { account: { id: offramp.accountId }, ...fields });
  expect([answer.status, answer.body.errors[0].message]).toEqual([400, expect.stringMatching(message)]);
});

test('a zone stands once, whatever the case of its name', async () => {
  await newZone('once.test');
  const again = await api.post('/zones', { name: 'ONCE.test', account: { id: offramp.accountId } });
  expect([again.status, again.body.errors[0].code]).toEqual([400, 1061]);
});

test('name servers are those of --dns-name; a partial zone has none, and a verification key instead', async () => {
  for (const type of ['full', 'secondary'])
    expect(await newZone(`${type}.names.test`, { type })).toMatchObject({
      name_servers: [`ns1.${type}.names.test`, `ns.${type}.names.test`],
    });
  const full = await newZone('full2.names.test');
  expect(full).not.toHaveProperty('verification_key');
  const partial = await newZone('partial.names.test', { type: 'partial' });
  expect(partial).toMatchObject({ name_servers: [], verification_key: expect.stringMatching(/^\d+-\d+$/) });
  expect((await api.get(`/zones/${partial.id}`)).body.result).toEqual(partial);
  const changed = await api.patch(`/zones/${full.id}`, { type: 'partial' });
  expect(changed.body.result).toMatchObject({ name_servers: [], verification_key: expect.any(String) });
  expect(changed.body.result.verification_key).not.toBe(partial.verification_key);
});

test.each([
  ['bücher.idn.test', 'bücher.idn.test', 'xn--bcher-kva.idn.test'],
  ['Żółw.idn.test', 'żółw.idn.test', 'xn--w-uga1v8h.idn.test'],
  ['xn--fsq.idn.test', '例.idn.test', 'xn--fsq.idn.test'],
  ['例え.テスト', '例え.テスト', 'xn--r8jz45g.xn--zckzah'],
])('the zone %s is shown as %s and found under both names', async (given, shown, ascii) => {
  const zone = await newZone(given);
  expect(zone).toMatchObject({ name: shown, name_servers: [`ns1.${ascii}`, `ns.${ascii}`] });
  for (const name of [given, shown, ascii, `ends_with:${shown}`, `contains:${ascii}`])
    expect([name, await names(`name=${encodeURIComponent(name)}`)]).toEqual([name, [shown]]);
  for (const name of [shown, ascii]) {
    const again = await api.post('/zones', { name, account: { id: offramp.accountId } });
    expect([again.status, again.body.errors[0]]).toEqual([
      400,
      { code: 1061, message: `${shown} already exists` },
    ]);
  }
});

test.each(['bü cher.test', 'bücher', 'bü/cher.test', 'xn--a.test/ü'])(
  '%s is no name of a zone',
  async (name) => {
    const answer = await api.post('/zones', { name, account: { id: offramp.accountId } });
    expect([answer.status, answer.body.errors[0].message]).toEqual([
      400,
      expect.stringMatching(/name must be a domain/),
    ]);
  },
);
