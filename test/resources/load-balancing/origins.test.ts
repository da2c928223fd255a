import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Api, apiOf } from '../../support/api.js';
import { createNetworks, type Networks } from '../../support/networks.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let world: { readonly offramp: SharedOfframp; readonly api: Api; readonly networks: Networks };
const PATH = '@/load_balancers/pools';

beforeAll(async () => {
  const offramp = await sharedOfframp();
  const api = apiOf(offramp);
  world = { offramp, api, networks: await createNetworks(api) };
});
afterAll(() => world.offramp.stop());

let pools = 0;
const newName = () => `pool-${++pools}`;
interface OriginBody {
  readonly address: string;
  readonly [field: string]: unknown;
}
const named = (origins: readonly OriginBody[]) => origins.map((one, i) => ({ name: `origin-${i}`, ...one }));
const bodyOf = (...origins: OriginBody[]) => ({ name: newName(), origins: named(origins) });
const post = (...origins: OriginBody[]) => world.api.post(PATH, bodyOf(...origins));
const create = (...origins: OriginBody[]) => world.api.create(PATH, bodyOf(...origins));
const east = (address: string, fields = {}) => ({
  address,
  virtual_network_id: world.networks.east,
  ...fields,
});
const west = (address: string, fields = {}) => ({
  address,
  virtual_network_id: world.networks.west,
  ...fields,
});

function reasonOf({ status, body }: Answer, code = 1002): string {
  expect([status, body.errors[0]?.code]).toEqual([400, code]);
  return body.errors[0].message;
}

test('a private origin in a virtual network whose route covers it is kept as it was written', async () => {
  const pool = await create(east('10.0.0.1', { port: 8080 }), east('FD00:0:0::1'));
  expect(pool.origins).toMatchObject([
    { address: '10.0.0.1', port: 8080, virtual_network_id: world.networks.east },
    { address: 'FD00:0:0::1', virtual_network_id: world.networks.east },
  ]);
});

test('a virtual network id may be written in capital letters', async () => {
  const pool = await create({ address: '10.0.0.2', virtual_network_id: world.networks.east.toUpperCase() });
  expect(pool.origins[0].virtual_network_id).toBe(world.networks.east);
});

const UNROUTABLE = [
  '10.9.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '127.0.0.1',
  '169.254.1.1',
  '100.64.0.1',
  '192.0.2.1',
  '0.0.0.0',
  '255.255.255.255',
  '224.0.0.1',
  '::1',
  '::',
  'fd00::9',
  'fe80::1',
  '2001:db8::1',
  '::ffff:10.9.0.1',
];
const REFUSED =
  /^Origin address is invalid or is not globally routable and has health monitoring enabled .*: validation failed$/;

test.each(UNROUTABLE)(
  '%s needs a virtual network when the pool has a monitor, and only then',
  async (address) => {
    const pool = await create({ address });
    expect(pool.origins[0].address).toBe(address);
    const { monitor, group } = await watchers();
    const body = bodyOf({ address });
    expect(reasonOf(await world.api.post(PATH, { ...body, monitor }))).toMatch(REFUSED);
    expect(reasonOf(await world.api.post(PATH, { ...body, monitor_group: group }))).toMatch(REFUSED);
  },
);

test('a pool with an address that is not globally routable gets no monitor later, and no monitor group', async () => {
  const { monitor, group } = await watchers();
  const pool = await create({ address: '192.0.2.1' }, { address: '1.1.1.1' });
  const one = `${PATH}/${pool.id}`;
  for (const watched of [{ monitor }, { monitor_group: group }]) {
    expect(reasonOf(await world.api.patch(one, watched))).toMatch(REFUSED);
    expect(
      reasonOf(await world.api.put(one, { name: pool.name, origins: pool.origins, ...watched })),
    ).toMatch(REFUSED);
  }
  expect((await world.api.patch(one, { description: 'kept' })).status).toBe(200);
  expect((await world.api.get(one)).body.result).toMatchObject({
    origins: pool.origins,
    description: 'kept',
  });
});

test('a pool with a monitor gets no such origin; it may give up the monitor in the same PATCH, or the other way round', async () => {
  const { monitor, group } = await watchers();
  const one = `${PATH}/${(await create({ address: '1.1.1.1' }, { address: '8.8.4.4' })).id}`;
  for (const watched of [{ monitor }, { monitor: null, monitor_group: group }]) {
    expect((await world.api.patch(one, watched)).status).toBe(200);
    const origins = named([{ address: '1.1.1.1' }, { address: '203.0.113.5' }]);
    expect(reasonOf(await world.api.patch(one, { origins }))).toMatch(
      /origins\[1\]\.address "203\.0\.113\.5"/,
    );
    const without = await world.api.patch(one, { origins, monitor: null, monitor_group: null });
    expect(without.status).toBe(200);
    const back = await world.api.patch(one, { origins: named([{ address: '1.1.1.1' }]), ...watched });
    expect(back.status).toBe(200);
  }
});

/** A monitor, and a group of it. */
async function watchers(): Promise<{ monitor: string; group: string }> {
  const { id: monitor } = await world.api.create('@/load_balancers/monitors', { type: 'tcp', port: 80 });
  const members = [{ monitor_id: monitor, enabled: true, monitoring_only: false, must_be_healthy: true }];
  const group = await world.api.create('@/load_balancers/monitor_groups', { description: 'g', members });
  return { monitor, group: group.id };
}

test('an address in a virtual network needs a live route there that covers it, public or not', async () => {
  const refused = [
    { address: '10.0.0.1', virtual_network_id: world.networks.empty },
    east('11.0.0.1'),
    east('9.9.9.9'),
    east('fe80::1'),
  ];
  for (const origin of refused) {
    expect(reasonOf(await post(origin))).toMatch(
      /^virtual_network_id does not belong to tunnel route that covers origin IP .*: validation failed$/,
    );
  }
  await create(east('8.8.8.7'));
});

test('a virtual network must be a live one of the account', async () => {
  for (const virtual_network_id of ['x', '', 7])
    expect(reasonOf(await post({ address: '10.0.0.1', virtual_network_id }))).toMatch(
      /^origins\[0\]\.virtual_network_id/,
    );
  expect(reasonOf(await post({ address: '10.0.0.1', virtual_network_id: 'x' }))).toContain(
    'virtual_network_id must be valid UUID',
  );
  const absent = '11111111-2222-4333-8444-555555555555';
  expect(reasonOf(await post({ address: '10.0.0.1', virtual_network_id: absent }))).toBe(
    `origins[0].virtual_network_id "${absent}" is not a virtual network of this account: validation failed`,
  );
  const gone = await world.api.create('@/teamnet/virtual_networks', { name: 'gone' });
  await world.api.delete(`@/teamnet/virtual_networks/${gone.id}`);
  expect(reasonOf(await post({ address: '10.0.0.1', virtual_network_id: gone.id }))).toContain(
    'is not a virtual network of this account',
  );
});

test('a host name cannot be in a virtual network', async () => {
  expect(reasonOf(await post(east('app.internal')))).toContain('cannot be in a virtual network');
});

test('an IP address that another network of the account has is refused in every spelling', async () => {
  const { east: eastId, west: westId } = world.networks;
  const holder = await create(east('10.2.0.1'));
  const spellings = ['10.2.0.1', '::ffff:10.2.0.1', '::FFFF:a02:1', '0:0:0:0:0:ffff:10.2.0.1'];
  for (const address of spellings) {
    const message = reasonOf(await post(west(address, { port: 9000 })));
    for (const part of [`"${address}"`, holder.name, holder.id, '"east"', eastId, '"west"', westId])
      expect(message).toContain(part);
  }
  for (const address of spellings) await create(east(address));
});

test('every spelling of an IPv6 address is the same address', async () => {
  await create(east('fd00::a:b'));
  for (const address of ['fd00:0:0:0:0:0:a:b', 'FD00::A:B', 'fd00::000a:000b', 'fd00:0::a:b'])
    expect(reasonOf(await post(west(address)))).toContain('one virtual network of an account only');
});

test("an IP address outside of all virtual networks is in nobody's way", async () => {
  for (const address of ['8.8.8.8', '10.6.0.1']) {
    await create({ address });
    await create(east(address));
    await create({ address });
    expect(reasonOf(await post(west(address)))).toContain('one virtual network of an account only');
  }
});

test('PUT and PATCH are held to one network for each address, but not by the pool that they change', async () => {
  const held = await create(east('10.3.0.1'));
  const pool = await create(west('10.3.0.2'));
  const origins = named([west('10.3.0.2'), west('10.3.0.1')]);
  reasonOf(await world.api.patch(`${PATH}/${pool.id}`, { origins }));
  reasonOf(await world.api.put(`${PATH}/${pool.id}`, { name: pool.name, origins }));
  expect((await world.api.get(`${PATH}/${pool.id}`)).body.result).toEqual(pool);

  const moved = await world.api.patch(`${PATH}/${held.id}`, { origins: named([west('10.3.0.1')]) });
  expect(moved.body.result.origins[0].virtual_network_id).toBe(world.networks.west);
  expect((await world.api.patch(`${PATH}/${pool.id}`, { origins })).status).toBe(200);
  await world.api.delete(`${PATH}/${held.id}`);
  await world.api.delete(`${PATH}/${pool.id}`);
  await create(east('10.3.0.1'));
});

test('of conflicting pools that are created at the same time exactly one of each pair is there', async () => {
  const pairs = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      Promise.all([post(east(`10.4.0.${i}`)), post(west(`::ffff:10.4.0.${i}`))]),
    ),
  );
  const outcomes = pairs.map((pair) => pair.map(({ status }) => status).sort());
  expect(outcomes).toEqual(Array(50).fill([200, 400]));
  const { body } = await world.api.get(PATH);
  const stored = body.result.flatMap(({ origins }: { origins: { address: string }[] }) => origins);
  expect(stored.filter(({ address }: { address: string }) => address.includes('10.4.0.'))).toHaveLength(50);
});

test.each<[OriginBody, OriginBody]>([
  [{ address: '1.1.1.1' }, { address: '1.1.1.1', port: 8080 }],
  [{ address: '1.1.1.1' }, { address: '::ffff:1.1.1.1' }],
  [{ address: '2606:4700::1111' }, { address: '2606:4700:0:0::1111' }],
  [{ address: 'app.example.net' }, { address: 'APP.example.net.' }],
])('an address stands once in a pool, whatever its spelling or port: %j %j', async (first, second) => {
  expect(reasonOf(await post(first, second))).toMatch(
    /^origins\[1\]\.address ".*" must be unique in the pool/,
  );
});

test('an address stands once in a pool, in whatever network', async () => {
  expect(reasonOf(await post(east('10.5.0.1'), west('10.5.0.1')))).toContain('must be unique in the pool');
});

test('a name stands once in a pool', async () => {
  const origins = [
    { name: 'a', address: '1.1.1.1' },
    { name: 'a', address: '1.0.0.1' },
  ];
  const answer = await world.api.post(PATH, { name: newName(), origins });
  expect(reasonOf(answer)).toContain('origins[1].name "a" must be unique in the pool: origins[0] has it');
});

test.each([
  'localhost',
  'web',
  'a.example.net',
  'a.example.net.',
  'xn--bcher-kva.example',
  'Bücher.example',
  '1e100.net',
  '9.9.9.9.nip.io',
  'a_b.example.net',
  '_service.a_.example.net',
  'a_b',
])('%s can be an origin', async (address) => {
  expect((await create({ address })).origins[0].address).toBe(address);
});

test.each([
  '',
  ' ',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '010.1.1.1',
  '0x7f.1',
  '2130706433',
  '1.1.1.1:80',
  '[::1]',
  'fe80::1%eth0',
  'http://example.net',
  'example.net/path',
  'a_-.example.net',
  '-a.example.net',
  'a..example.net',
  'bü cher.example',
  'a b',
  'a\r\nb',
  "x'; drop table pool; --",
  'a\0b',
  '\ud800',
  'x'.repeat(254),
  `${'x'.repeat(64)}.example`,
])('%j is neither an address nor a host name', async (address) => {
  reasonOf(await post({ address }));
});

test('the hostname of a tunnel is an origin like another', async () => {
  const address = '11111111-2222-4333-8444-555555555555.cfargotunnel.com';
  const answer = await post({ address });
  expect(answer.body.result.origins[0].address).toBe(address);
  expect(answer.body.messages).toEqual([]);
});

test.each<[object, string | RegExp]>([
  [{ weight: 1.1 }, 'origins[0].weight is not in range [0, 1]'],
  [{ weight: -0.1 }, 'origins[0].weight is not in range [0, 1]'],
  [{ weight: 0.005 }, 'origins[0].weight must be a multiple of 0.01'],
  [{ weight: '1' }, 'origins[0].weight must be a number'],
  [{ port: -1 }, 'origins[0].port is not in range [0, 65535]'],
  [{ port: 65_536 }, 'origins[0].port is not in range [0, 65535]'],
  [{ enabled: 1 }, /^origins\[0\]\.enabled/],
  [{ flatten_cname: 'x' }, /^origins\[0\]\.flatten_cname/],
  [{ name: '' }, 'origins[0].name must not be empty'],
  [{ name: null }, 'origins[0].name must be a string'],
  [{ header: { Accept: ['x'] } }, 'origins[0].header must set nothing but Host'],
  [{ header: { Host: [] } }, 'origins[0].header.Host must have exactly one value'],
  [{ header: { Host: ['a', 'b'] } }, 'origins[0].header.Host must have exactly one value'],
  [{ header: { Host: 'a' } }, /^origins\[0\]\.header\.Host/],
  [{ address: undefined }, 'origins[0].address is required'],
])('an origin that breaks a rule is refused: %j', async (fields, reason) => {
  const message = reasonOf(await post({ address: '1.1.1.1', ...fields })).replace(/: validation failed$/, '');
  if (typeof reason === 'string') expect(message).toBe(reason);
  else expect(message).toMatch(reason);
});

test.each([0, 0.01, 0.29, 0.57, 1])('weight %d is kept', async (weight) => {
  expect((await create({ address: '1.1.1.1', weight })).origins[0].weight).toBe(weight);
});

test.each([
  ['1.1.1.1', 'app.example.com'],
  ['1.1.1.1', 'example.com'],
  ['1.1.1.1', 'A.B.Example.COM'],
  ['1.1.1.1', '1.1.1.1'],
  ['app.example.net', 'app.example.net'],
  ['app.example.net.', 'APP.example.net'],
])('an origin at %s may be asked for the host %s', async (address, host) => {
  expect((await create({ address, header: { Host: [host] } })).origins[0].header).toEqual({ Host: [host] });
});

test.each([
  'app.example.net',
  'notexample.com',
  'com',
  '',
  '1.0.0.1',
  'a\r\nX: y.example.com',
  'a:80',
  '*.example.com',
])('an origin may not be asked for a host outside the zones of the account: %j', async (host) => {
  expect(reasonOf(await post({ address: '1.1.1.1', header: { Host: [host] } }))).toBe(
    `Host header ${JSON.stringify(host)} not allowed for origin domain "1.1.1.1": validation failed`,
  );
});

test('a thousand origins are taken, also in a virtual network, and one more is refused', async () => {
  const list = (length: number) =>
    Array.from({ length }, (_, i) =>
      east(`10.200.${i >> 8}.${i & 255}`, { header: { Host: ['app.example.com'] } }),
    );
  const pool = await create(...list(1000));
  expect(pool.origins).toHaveLength(1000);
  expect((await world.api.get(`${PATH}/${pool.id}`)).body.result).toEqual(pool);
  expect(reasonOf(await post(...list(1001)))).toBe(
    'the origin list length must be in range [1, 1000]: validation failed',
  );
});

test('origins come in the order they were given in', async () => {
  const addresses = ['9.9.9.9', '1.0.0.1', '2606:4700::1', 'a.example.net', '1.1.1.1'];
  const pool = await create(...addresses.map((address) => ({ address })));
  const { body } = await world.api.get(`${PATH}/${pool.id}`);
  expect(body.result.origins.map(({ address }: OriginBody) => address)).toEqual(addresses);
});
