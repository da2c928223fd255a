import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

const PATH = '@/magic/gre_tunnels';
let offramp: SharedOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

let made = 0;
const body = (fields: object = {}) => ({
  name: `gre-${++made}`,
  customer_gre_endpoint: '203.0.113.1',
  cloudflare_gre_endpoint: '198.51.100.1',
  interface_address: '10.0.0.0/31',
  ...fields,
});
const newTunnel = (fields: object = {}) => api.create(PATH, body(fields));
const objectForm = { 'x-magic-new-hc-target': 'true' };

test('a tunnel has every default, is read back, listed and deleted, and each write says that it carries no traffic', async () => {
  const answer = await api.post(PATH, body());
  const tunnel = answer.body.result;
  expect(answer.body.messages).toEqual([{ code: 10501, message: expect.stringContaining('no traffic') }]);
  expect(tunnel).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: `gre-${made}`,
    customer_gre_endpoint: '203.0.113.1',
    cloudflare_gre_endpoint: '198.51.100.1',
    interface_address: '10.0.0.0/31',
    automatic_return_routing: false,
    mtu: 1476,
    ttl: 64,
    health_check: {
      enabled: true,
      rate: 'mid',
      target: '203.0.113.1',
      type: 'reply',
      direction: 'unidirectional',
    },
    created_on: expect.stringMatching(/Z$/),
    modified_on: tunnel.created_on,
  });
  expect((await api.get(`${PATH}/${tunnel.id}`)).body.result).toEqual({ gre_tunnel: tunnel });
  expect((await api.get(PATH)).body.result.gre_tunnels).toContainEqual(tunnel);
  const deleted = await api.delete(`${PATH}/${tunnel.id}`);
  expect(deleted.body.result).toEqual({ deleted: true, deleted_gre_tunnel: tunnel });
  expect((await api.get(`${PATH}/${tunnel.id}`)).status).toBe(404);
  expect((await api.delete(`${PATH}/${tunnel.id}`)).status).toBe(404);
});

test('everything that a tunnel can have is read back as it was written, and PUT takes it back but for BGP', async () => {
  const everything = {
    description: 'to the second data centre',
    interface_address6: '2001:db8::/127',
    automatic_return_routing: true,
    mtu: 576,
    ttl: 1,
    bgp: {
      customer_asn: 4_200_000_000,
      extra_prefixes: ['10.1.0.0/16', '2001:db8:1::/48'],
      md5_key: 'a-Key!',
      import_filter_id: 'in',
      export_filter_id: 'out',
    },
  };
  const tunnel = await newTunnel({
    ...everything,
    health_check: { rate: 'low', type: 'request', enabled: false },
  });
  expect(tunnel).toMatchObject({
    ...everything,
    health_check: { rate: 'low', type: 'request', enabled: false },
  });
  const put = await api.put(`${PATH}/${tunnel.id}`, body({ name: tunnel.name }));
  const { modified_gre_tunnel: replaced, modified } = put.body.result;
  expect(modified).toBe(true);
  expect(replaced).toMatchObject({
    mtu: 1476,
    ttl: 64,
    automatic_return_routing: false,
    bgp: everything.bgp,
  });
  expect(replaced).not.toHaveProperty('description');
  expect(replaced).not.toHaveProperty('interface_address6');
  expect(replaced.created_on).toBe(tunnel.created_on);
  expect((await api.get(`${PATH}/${tunnel.id}`)).body.result.gre_tunnel).toEqual(replaced);
});

test('the target of a health check has the form that the header asks for, in both directions', async () => {
  const plain = await newTunnel({ health_check: { target: '203.0.113.9' } });
  expect(plain.health_check.target).toBe('203.0.113.9');
  const asObject = await api.call('GET', `${PATH}/${plain.id}`, undefined, objectForm);
  expect(asObject.body.result.gre_tunnel.health_check.target).toEqual({
    saved: '203.0.113.9',
    effective: '203.0.113.9',
  });
  const send = (target: unknown, headers = {}) =>
    api.call('POST', PATH, body({ health_check: { target } }), headers);
  const unset = await send({ saved: '', effective: 'ignored' }, objectForm);
  expect(unset.body.result.health_check.target).toEqual({ effective: '203.0.113.1' });
  for (const answer of [await send('203.0.113.9', objectForm), await send({ saved: '203.0.113.9' })]) {
    expect([answer.status, answer.body.errors[0].message]).toEqual([
      400,
      expect.stringMatching(/health_check\.target must be (an object|a string) when the header/),
    ]);
  }
});

test.each([18, 26, 255])('a name may have %i characters', async (length) => {
  const name = 'n'.repeat(length);
  for (const kind of ['gre', 'ipsec']) {
    const path = `@/magic/${kind}_tunnels`;
    const tunnel = await api.create(path, { ...body({ name }), cloudflare_endpoint: '198.51.100.1' });
    expect(tunnel.name).toBe(name);
    expect((await api.delete(`${path}/${tunnel.id}`)).status).toBe(200);
  }
});

test.each([
  ['10.0.0.0/31', '10.0.0.1'],
  ['10.0.0.3/31', '10.0.0.2'],
  ['192.168.1.5/30', '192.168.1.6'],
  ['192.168.1.6/30', '192.168.1.5'],
])('a check in both directions goes to the other end of %s, %s', async (interface_address, target) => {
  const tunnel = await newTunnel({ interface_address, health_check: { direction: 'bidirectional' } });
  expect(tunnel.health_check.target).toBe(target);
});

test.each([
  [{ name: undefined }, /^name is required/],
  [{ name: 'has space' }, /^name must be 1 to 255/],
  [{ name: 'x'.repeat(256) }, /^name must be 1 to 255/],
  [{ name: 7 }, /^name must be a string/],
  [{ name: 'a\0' }, /^name must be 1 to 255/],
  [{ customer_gre_endpoint: undefined }, /^customer_gre_endpoint is required/],
  [{ customer_gre_endpoint: 'host.example.com' }, /^customer_gre_endpoint must be an IP address/],
  [{ cloudflare_gre_endpoint: '1.2.3' }, /^cloudflare_gre_endpoint must be an IP address/],
  [{ interface_address: undefined }, /^interface_address is required/],
  [{ interface_address: '10.0.0.0/24' }, /prefix of 30 or 31/],
  [{ interface_address: '10.0.0.0' }, /prefix of 30 or 31/],
  [{ interface_address: '8.8.8.8/31' }, /must be in 10\.0\.0\.0\/8/],
  [{ interface_address: '10.0.0.4/30' }, /one of the two hosts/],
  [{ interface_address: 'fd00::/31' }, /prefix of 30 or 31/],
  [{ interface_address6: '2001:db8::/64' }, /prefix of 127/],
  [{ interface_address6: '10.0.0.0/31' }, /prefix of 127/],
  [{ mtu: 575 }, /^mtu is not in range \[576, 65535\]/],
  [{ mtu: 1400.5 }, /^mtu must be an integer/],
  [{ ttl: 256 }, /^ttl is not in range \[1, 255\]/],
  [{ ttl: '64' }, /^ttl must be an integer/],
  [{ description: 'x'.repeat(1025) }, /^description must be at most 1024/],
  [{ description: '\ud800' }, /^description must be valid Unicode/],
  [{ automatic_return_routing: 'yes' }, /^automatic_return_routing must be true or false/],
  [{ health_check: { rate: 'fast' } }, /^health_check\.rate must be low, mid or high/],
  [{ health_check: { target: 'nowhere' } }, /^health_check\.target must be an IP address/],
  [{ health_check: 'on' }, /^health_check/],
  [{ bgp: {} }, /^bgp\.customer_asn/],
  [{ bgp: { customer_asn: -1 } }, /^bgp\.customer_asn is not in range/],
  [{ bgp: { customer_asn: 1, md5_key: 'with space' } }, /^bgp\.md5_key must be/],
  [{ bgp: { customer_asn: 1, extra_prefixes: ['10.0.0.1'] } }, /^bgp\.extra_prefixes\[0\] must be a network/],
  [{ bgp: { customer_asn: 1, extra_prefixes: Array(1001).fill('10.0.0.0/8') } }, /at most 1000/],
])('a tunnel with %j is refused', async (fields, message) => {
  const before = (await api.get(PATH)).body.result.gre_tunnels.length;
  const answer = await api.post(PATH, body(fields));
  expect([answer.status, answer.body.errors[0].message]).toEqual([400, expect.stringMatching(message)]);
  expect((await api.get(PATH)).body.result.gre_tunnels).toHaveLength(before);
});

test('a name stands once among the GRE tunnels of an account', async () => {
  const { name, id } = await newTunnel();
  const again = await api.post(PATH, body({ name }));
  expect([again.status, again.body.errors[0].message]).toEqual([
    400,
    `the name "${name}" is taken by another tunnel`,
  ]);
  expect((await api.put(`${PATH}/${id}`, body({ name }))).status).toBe(200);
  const other = await newTunnel();
  expect((await api.put(`${PATH}/${other.id}`, body({ name }))).status).toBe(400);
});

test('validate_only answers as if, and stores nothing', async () => {
  const before = (await api.get(PATH)).body.result.gre_tunnels;
  const { id } = before[0];
  expect((await api.post(`${PATH}?validate_only=true`, body())).status).toBe(200);
  const put = await api.put(`${PATH}/${id}?validate_only=true`, body({ mtu: 900 }));
  expect(put.body.result).toMatchObject({ modified: false, modified_gre_tunnel: { mtu: 900 } });
  const bulk = await api.put(`${PATH}?validate_only=true`, { gre_tunnels: [{ id, ttl: 3 }] });
  expect(bulk.body.result).toMatchObject({ modified: false, modified_gre_tunnels: [{ ttl: 3 }] });
  expect((await api.delete(`${PATH}/${id}?validate_only=true`)).body.result.deleted).toBe(false);
  expect((await api.post(`${PATH}?validate_only=true`, body({ name: before[0].name }))).status).toBe(400);
  expect((await api.get(PATH)).body.result.gre_tunnels).toEqual(before);
});

test('several tunnels change at once, even their names, and keep what is not named', async () => {
  const [one, two] = [await newTunnel({ mtu: 1000 }), await newTunnel({ ttl: 9 })];
  const answer = await api.put(PATH, {
    gre_tunnels: [
      { id: one.id, name: two.name },
      { id: two.id, name: one.name, description: 'second' },
    ],
  });
  expect(answer.body.result).toMatchObject({
    modified: true,
    modified_gre_tunnels: [
      { id: one.id, name: two.name, mtu: 1000 },
      { id: two.id, name: one.name, ttl: 9, description: 'second' },
    ],
  });
  expect((await api.put(PATH, [{ id: one.id, ttl: 5 }])).body.result.modified_gre_tunnels).toMatchObject([
    { name: two.name, ttl: 5 },
  ]);
  expect((await api.put(PATH, { id: one.id, ttl: 6 })).body.result.modified_gre_tunnels).toMatchObject([
    { ttl: 6 },
  ]);
});

test('a bulk change with one mistake changes none', async () => {
  const [one, two] = [await newTunnel(), await newTunnel()];
  const before = (await api.get(PATH)).body.result;
  const wrong: [unknown, number][] = [
    [[{ id: one.id, ttl: 7 }, { id: 'f'.repeat(32) }], 404],
    [
      [
        { id: one.id, ttl: 7 },
        { id: two.id, ttl: 0 },
      ],
      400,
    ],
    [
      [
        { id: one.id, ttl: 7 },
        { id: one.id, ttl: 8 },
      ],
      400,
    ],
    [
      [
        { id: one.id, name: 'same' },
        { id: two.id, name: 'same' },
      ],
      400,
    ],
    [[{ id: one.id, ttl: 7 }, { ttl: 7 }], 400],
    [[{ id: one.id, ttl: 7 }, null], 400],
    [[], 400],
    [{ gre_tunnels: 'all' }, 400],
    [Array(1001).fill({ id: one.id }), 400],
    ['"text"', 400],
    ['null', 400],
  ];
  for (const [tunnels, status] of wrong) {
    const answer = await api.call('PUT', PATH, tunnels, { 'content-type': 'application/json' });
    expect([tunnels, answer.status]).toEqual([tunnels, status]);
  }
  expect((await api.get(PATH)).body.result).toEqual(before);
});

test('tunnels of another account and malformed identifiers are not there', async () => {
  const tunnel = await newTunnel();
  const other = await api.create('/accounts', { name: 'Another' });
  const elsewhere = `/accounts/${other.id}/magic/gre_tunnels`;
  expect((await api.get(elsewhere)).body.result).toEqual({ gre_tunnels: [] });
  for (const method of ['GET', 'DELETE'])
    expect((await api.call(method, `${elsewhere}/${tunnel.id}`)).status).toBe(404);
  expect((await api.put(`${elsewhere}/${tunnel.id}`, body())).status).toBe(404);
  expect((await api.put(elsewhere, [{ id: tunnel.id, ttl: 1 }])).status).toBe(404);
  expect((await api.get(`${PATH}/not-an-id`)).status).toBe(404);
  expect((await api.get(PATH)).status).toBe(200);
  expect((await api.call('GET', PATH, undefined, { 'x-magic-new-hc-target': 'perhaps' })).status).toBe(400);
});

test("Cloudflare's TypeScript SDK makes, changes and deletes tunnels", async () => {
  const sdk = new Cloudflare({ apiToken: 'sdk', baseURL: offramp.apiUrl, maxRetries: 0 });
  const account_id = offramp.accountId;
  const made = await sdk.magicTransit.greTunnels.create({
    account_id,
    ...body({ health_check: { target: { saved: '203.0.113.7' } } }),
    'x-magic-new-hc-target': true,
  });
  expect(made.health_check?.target).toEqual({ saved: '203.0.113.7', effective: '203.0.113.7' });
  const got = await sdk.magicTransit.greTunnels.get(made.id, { account_id });
  expect(got.gre_tunnel?.health_check?.target).toBe('203.0.113.7');
  const bulk = await sdk.magicTransit.greTunnels.bulkUpdate({ account_id, body: { id: made.id, ttl: 3 } });
  expect(bulk.modified_gre_tunnels).toMatchObject([{ id: made.id, ttl: 3 }]);
  expect((await sdk.magicTransit.greTunnels.delete(made.id, { account_id })).deleted).toBe(true);
});
