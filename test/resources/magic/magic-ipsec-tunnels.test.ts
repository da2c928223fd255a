import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

const PATH = '@/magic/ipsec_tunnels';
let offramp: SharedOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

let made = 0;
const body = (fields: object = {}) => ({
  name: `ipsec-${++made}`,
  cloudflare_endpoint: '198.51.100.1',
  interface_address: '172.16.0.0/31',
  ...fields,
});
const newTunnel = (fields: object = {}) => api.create(PATH, body(fields));
const identity = () => `gateway.${offramp.accountId}.custom.ipsec.cloudflare.com`;

test('a tunnel has every default, is read back, listed and deleted, and each write says that it carries no traffic', async () => {
  const answer = await api.post(PATH, body());
  const tunnel = answer.body.result;
  expect(answer.body.messages).toEqual([{ code: 10501, message: expect.stringContaining('no traffic') }]);
  expect(tunnel).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: `ipsec-${made}`,
    cloudflare_endpoint: '198.51.100.1',
    interface_address: '172.16.0.0/31',
    automatic_return_routing: false,
    replay_protection: false,
    health_check: { enabled: true, rate: 'mid', target: '', type: 'reply', direction: 'unidirectional' },
    created_on: expect.stringMatching(/Z$/),
    modified_on: tunnel.created_on,
  });
  expect((await api.get(`${PATH}/${tunnel.id}`)).body.result).toEqual({ ipsec_tunnel: tunnel });
  expect((await api.get(PATH)).body.result.ipsec_tunnels).toContainEqual(tunnel);
  expect((await api.delete(`${PATH}/${tunnel.id}`)).body.result).toEqual({
    deleted: true,
    deleted_ipsec_tunnel: tunnel,
  });
  expect((await api.get(`${PATH}/${tunnel.id}`)).status).toBe(404);
});

test('everything that a tunnel can have is read back as it was written, but never its key, and PUT takes it back', async () => {
  const everything = {
    customer_endpoint: '203.0.113.1',
    description: 'branch',
    interface_address6: '2001:db8::2/127',
    replay_protection: true,
    custom_remote_identities: { fqdn_id: identity() },
    bgp: { customer_asn: 64_512 },
  };
  const tunnel = await newTunnel({ ...everything, psk: 'a secret that nobody sees' });
  expect(tunnel).toMatchObject({
    ...everything,
    health_check: { target: '203.0.113.1' },
    psk_metadata: { last_generated_on: tunnel.created_on },
  });
  const put = await api.put(`${PATH}/${tunnel.id}`, body({ name: tunnel.name }));
  const replaced = put.body.result.modified_ipsec_tunnel;
  expect(Object.keys(replaced).sort()).toEqual(
    [...Object.keys(tunnel)].filter((key) => !(key in everything) || key === 'replay_protection').sort(),
  );
  expect(replaced.psk_metadata).toEqual(tunnel.psk_metadata);
  const seen = JSON.stringify([tunnel, put.body, (await api.get(PATH)).body]);
  expect(seen).not.toContain('a secret that nobody sees');
  expect(seen).not.toContain('"psk"');
});

test.each([
  [{ cloudflare_endpoint: undefined }, /^cloudflare_endpoint is required/],
  [{ customer_endpoint: 'host' }, /^customer_endpoint must be an IP address/],
  [{ interface_address: '11.0.0.0/31' }, /must be in 10\.0\.0\.0\/8/],
  [{ name: 'special!' }, /^name must be 1 to 255/],
  [{ psk: '' }, /^psk must not be empty/],
  [{ psk: 'x'.repeat(256) }, /^psk must be at most 255/],
  [{ psk: 'a\0b' }, /^psk must not contain NUL/],
  [{ replay_protection: 1 }, /^replay_protection must be true or false/],
  [
    { custom_remote_identities: { fqdn_id: 'gateway.example.com' } },
    /must be <custom label>\.[0-9a-f]{32}\.custom/,
  ],
  [{ custom_remote_identities: { fqdn_id: 'a.b' } }, /must be <custom label>/],
])('a tunnel with %j is refused', async (fields, message) => {
  const answer = await api.post(PATH, body(fields));
  expect([answer.status, answer.body.errors[0].message]).toEqual([400, expect.stringMatching(message)]);
});

test('a name stands once among all tunnels of an account', async () => {
  const gre = await api.create('@/magic/gre_tunnels', {
    name: 'shared-name',
    customer_gre_endpoint: '203.0.113.1',
    cloudflare_gre_endpoint: '198.51.100.1',
    interface_address: '10.0.0.0/31',
  });
  expect((await api.post(PATH, body({ name: 'shared-name' }))).status).toBe(400);
  expect((await api.delete(`@/magic/gre_tunnels/${gre.id}`)).status).toBe(200);
  expect((await api.post(PATH, body({ name: 'shared-name' }))).status).toBe(200);
});

test('several tunnels change at once and keep what is not named; one mistake changes none', async () => {
  const [one, two] = [await newTunnel({ replay_protection: true }), await newTunnel()];
  const answer = await api.put(PATH, {
    ipsec_tunnels: [
      { id: one.id, psk: 'new' },
      { id: two.id, description: 'two' },
    ],
  });
  const { modified_ipsec_tunnels: changed } = answer.body.result;
  expect(changed).toMatchObject([
    { id: one.id, replay_protection: true, psk_metadata: { last_generated_on: changed[0].modified_on } },
    { id: two.id, description: 'two' },
  ]);
  expect(changed[1]).not.toHaveProperty('psk_metadata');
  const before = (await api.get(PATH)).body.result;
  const wrong = { fqdn_id: 'gateway.example.com' };
  const refused = await api.put(PATH, [
    { id: one.id, description: 'changed' },
    { id: two.id, custom_remote_identities: wrong },
  ]);
  expect(refused.status).toBe(400);
  expect((await api.get(PATH)).body.result).toEqual(before);
});

test('a key is generated, told once, and only its time is kept in sight', async () => {
  const tunnel = await newTunnel();
  const generate = (query = '') => api.post(`${PATH}/${tunnel.id}/psk_generate${query}`, {});
  expect((await generate('?validate_only=true')).status).toBe(200);
  expect((await api.get(`${PATH}/${tunnel.id}`)).body.result.ipsec_tunnel).toEqual(tunnel);
  const [first, second] = [(await generate()).body.result, (await generate()).body.result];
  expect(first).toEqual({
    ipsec_tunnel_id: tunnel.id,
    psk: expect.stringMatching(/^[\w-]{43}$/),
    psk_metadata: { last_generated_on: expect.stringMatching(/Z$/) },
  });
  expect(second.psk).not.toBe(first.psk);
  const { ipsec_tunnel } = (await api.get(`${PATH}/${tunnel.id}`)).body.result;
  expect(ipsec_tunnel.psk_metadata).toEqual(second.psk_metadata);
  expect((await api.post(`${PATH}/${'f'.repeat(32)}/psk_generate`, {})).status).toBe(404);
  expect((await api.call('POST', `${PATH}/${tunnel.id}/psk_generate`)).status).toBe(200);
});

test('keys of several tunnels are set at once; a tunnel that is not there is told apart', async () => {
  const [one, two] = [await newTunnel(), await newTunnel()];
  const gone = 'f'.repeat(32);
  const psks = [
    { id: one.id, psk: 'first key' },
    { id: gone, psk: 'nobody' },
    { id: two.id, psk: 'second key' },
  ];
  const { result } = (await api.post(`${PATH}/psk`, { psks })).body;
  expect(result.unapplied_psks).toEqual({ [gone]: expect.stringContaining('no such IPsec tunnel') });
  expect(result.successfully_applied_psks).toMatchObject({
    [one.id]: { ipsec_tunnel_id: one.id, ipsec_id: `${offramp.accountId}_${one.id}`, psk: 'first key' },
    [two.id]: { psk: 'second key' },
  });
  expect((await api.get(`${PATH}/${one.id}`)).body.result.ipsec_tunnel.psk_metadata).toEqual(
    result.successfully_applied_psks[one.id].psk_metadata,
  );
});

test.each([
  [{}, /psks/],
  [{ psks: [] }, /psks must not be empty/],
  [{ psks: [{ id: 'x', psk: 'y' }] }, /psks\[0\]\.id must be 32 hexadecimal/],
  [{ psks: [{ id: 'f'.repeat(32) }] }, /psks\[0\]\.psk is required/],
  [{ psks: Array(2).fill({ id: 'f'.repeat(32), psk: 'y' }) }, /psks must name each tunnel once/],
  [{ psks: 'all' }, /psks must be a list/],
])('the keys %j are refused', async (psks, message) => {
  const answer = await api.post(`${PATH}/psk`, psks);
  expect([answer.status, answer.body.errors[0].message]).toEqual([400, expect.stringMatching(message)]);
});
