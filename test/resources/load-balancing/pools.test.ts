import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/load_balancers/pools';
const ABSENT_ID = '0'.repeat(32);

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const origins = [{ name: 'a', address: '1.1.1.1' }];
let pools = 0;
const newName = () => `pool-${++pools}`;
const createPool = (fields: object = {}) => api.create(PATH, { name: newName(), origins, ...fields });

const STAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
/** Without a monitor an enabled origin counts as healthy. */
const UNCHECKED = { healthy: true, failure_reason: 'No failures' };
const NOT_CHECKED_YET = { healthy: false, failure_reason: 'No failures' };
const MINIMAL = {
  id: expect.stringMatching(/^[0-9a-f]{32}$/),
  name: expect.any(String),
  description: '',
  enabled: true,
  minimum_origins: 1,
  healthy: true,
  origins: [
    { name: 'a', address: '1.1.1.1', enabled: true, weight: 1, port: 0, flatten_cname: true, ...UNCHECKED },
  ],
  check_regions: null,
  health_sources: null,
  notification_email: '',
  created_on: STAMP,
  modified_on: STAMP,
};

test('the body that Terraform sends for a pool is answered with every default and nothing that is unset', async () => {
  const created = await api.post(PATH, {
    description: '',
    enabled: true,
    minimum_origins: 1,
    name: newName(),
    notification_email: '',
    origins: [{ address: '1.1.1.1', enabled: true, flatten_cname: true, name: 'a', weight: 1 }],
  });
  expect(created.status).toBe(200);
  expect(created.body.result).toEqual(MINIMAL);
  expect((await api.get(`${PATH}/${created.body.result.id}`)).body).toEqual(created.body);
});

test('everything that a pool can have is read back as it was written, nested objects complete', async () => {
  const monitor = await api.create('@/load_balancers/monitors', { expected_codes: '200' });
  const written = {
    name: newName(),
    description: 'all of it',
    enabled: false,
    minimum_origins: 2,
    monitor: monitor.id,
    check_regions: ['WEU', 'ENAM'],
    latitude: 52.5,
    longitude: -13.25,
    load_shedding: { default_percent: 0 },
    origin_steering: { policy: 'hash' },
    notification_filter: { pool: { disable: false }, origin: {} },
    networks: ['cloudflare'],
    disabled_at: '2001-01-01T00:00:00Z',
    origins: [
      {
        name: 'z',
        address: 'Www.Example.com.',
        weight: 0.25,
        port: 8080,
        header: { Host: ['app.example.com'] },
        enabled: false,
        flatten_cname: false,
      },
      { name: 'a', address: '2606:4700:0:0::1111', header: null, virtual_network_id: null, weight: null },
    ],
  };
  const { disabled_at, ...kept } = written;
  const pool = await api.create(PATH, written);
  expect(pool).toEqual({
    ...MINIMAL,
    ...kept,
    healthy: false,
    disabled_at: pool.created_on,
    load_shedding: {
      default_percent: 0,
      default_policy: 'random',
      session_percent: 0,
      session_policy: 'hash',
    },
    origins: [
      { ...written.origins[0], ...NOT_CHECKED_YET, disabled_at: pool.created_on },
      {
        name: 'a',
        address: '2606:4700:0:0::1111',
        enabled: true,
        weight: 1,
        port: 0,
        flatten_cname: true,
        ...NOT_CHECKED_YET,
      },
    ],
  });
  expect((await api.get(`${PATH}/${pool.id}`)).body.result).toEqual(pool);
});

test('PUT with explicit nulls reads back as if never set, and created_on stays', async () => {
  const monitor = await api.create('@/load_balancers/monitors', { expected_codes: '200' });
  const pool = await createPool({
    monitor: monitor.id,
    check_regions: ['WEU'],
    latitude: 1,
    longitude: 2,
    load_shedding: {},
    origin_steering: {},
    notification_filter: {},
    networks: [],
    description: 'x',
  });
  expect(pool).toMatchObject({
    origin_steering: { policy: 'random' },
    notification_filter: {},
    networks: [],
  });
  const put = await api.put(`${PATH}/${pool.id}`, {
    name: pool.name,
    origins,
    monitor: null,
    monitor_group: null,
    check_regions: null,
    health_sources: null,
    latitude: null,
    longitude: null,
    load_shedding: null,
    origin_steering: null,
    notification_filter: null,
    networks: null,
    description: null,
    enabled: null,
  });
  expect(put.body.result).toEqual({ ...MINIMAL, id: pool.id, created_on: pool.created_on });
  expect((await api.get(`${PATH}/${pool.id}`)).body.result).toEqual(put.body.result);
});

test('PATCH changes what it names, replaces origins as a whole, and an empty one changes nothing', async () => {
  const pool = await createPool({ description: 'kept', latitude: 1, longitude: 2 });
  const two = [
    { name: 'b', address: '9.9.9.9' },
    { name: 'a', address: '1.0.0.1' },
  ];
  const patched = await api.patch(`${PATH}/${pool.id}`, { origins: two, minimum_origins: 2, unknown: true });
  expect(patched.body.result).toMatchObject({ description: 'kept', latitude: 1, minimum_origins: 2 });
  expect(patched.body.result.origins.map(({ name }: { name: string }) => name)).toEqual(['b', 'a']);
  expect((await api.patch(`${PATH}/${pool.id}`, {})).body.result).toEqual(patched.body.result);
  const halved = await api.patch(`${PATH}/${pool.id}`, { latitude: null });
  expect(halved.body.errors[0].message).toMatch(/^latitude and longitude must be set together/);
});

test('a monitor is taken off a pool with null and, as older clients do, with ""', async () => {
  const monitor = await api.create('@/load_balancers/monitors', { expected_codes: '200' });
  const pool = await createPool({ monitor: monitor.id });
  const patched = await api.patch(`${PATH}/${pool.id}`, { monitor: '' });
  expect(patched.body.result).not.toHaveProperty('monitor');
});

test('disabled_at is when a pool or an origin was disabled, and goes when it is enabled again', async () => {
  const both = [
    { name: 'a', address: '1.1.1.1' },
    { name: 'b', address: '2606:4700::1111' },
  ];
  const pool = await createPool({ origins: both });
  const disabled = (
    await api.patch(`${PATH}/${pool.id}`, {
      enabled: false,
      origins: [both[0], { ...both[1], enabled: false }],
    })
  ).body.result;
  expect(disabled.disabled_at).toBe(disabled.modified_on);
  expect(disabled.origins[0]).not.toHaveProperty('disabled_at');
  expect(disabled.origins[1].disabled_at).toBe(disabled.modified_on);

  const later = (
    await api.put(`${PATH}/${pool.id}`, {
      name: pool.name,
      enabled: false,
      description: 'later',
      origins: [{ name: 'renamed', address: '2606:4700:0::1111', enabled: false }],
    })
  ).body.result;
  expect(later.disabled_at).toBe(disabled.disabled_at);
  expect(later.origins[0].disabled_at).toBe(disabled.disabled_at);

  const enabled = (await api.put(`${PATH}/${pool.id}`, { name: pool.name, origins: both })).body.result;
  expect(enabled).not.toHaveProperty('disabled_at');
  expect(enabled.origins[1]).not.toHaveProperty('disabled_at');
});

test('a name is unique in the account, except for the pool that has it, and free again after a deletion', async () => {
  const pool = await createPool();
  const second = await api.post(PATH, { name: pool.name, origins });
  expect([second.status, second.body.errors[0]]).toEqual([400, { code: 1003, message: 'value not unique' }]);
  const other = await createPool();
  expect((await api.patch(`${PATH}/${other.id}`, { name: pool.name })).body.errors[0].code).toBe(1003);
  expect((await api.put(`${PATH}/${pool.id}`, { name: pool.name, origins, description: 'x' })).status).toBe(
    200,
  );
  expect((await api.delete(`${PATH}/${pool.id}`)).body.result).toEqual({ id: pool.id });
  expect((await api.patch(`${PATH}/${other.id}`, { name: pool.name })).status).toBe(200);
});

const pool = (fields: object) => ({ name: 'refused', origins, ...fields });
test.each<[unknown, string | RegExp]>([
  [{ origins }, 'name is required'],
  [{ name: 'x' }, 'origins is required'],
  [pool({ name: '' }), /^name must have letters/],
  [pool({ name: 'a b' }), /^name must have letters/],
  [pool({ name: 7 }), 'name must be a string'],
  [pool({ origins: [] }), 'the origin list length must be in range [1, 1000]'],
  [pool({ origins: {} }), 'origins must be a list'],
  [pool({ enabled: 'yes' }), /^enabled/],
  [pool({ description: 'x'.repeat(1025) }), /^description must be at most 1024/],
  [pool({ minimum_origins: -1 }), /^minimum_origins is not in range/],
  [pool({ minimum_origins: 1.5 }), /^minimum_origins must be an integer/],
  [pool({ latitude: 1 }), 'latitude and longitude must be set together: longitude is missing'],
  [pool({ longitude: 1 }), 'latitude and longitude must be set together: latitude is missing'],
  [pool({ latitude: 91, longitude: 0 }), 'latitude is not in range [-90, 90]'],
  [pool({ latitude: 0, longitude: -181 }), 'longitude is not in range [-180, 180]'],
  [pool({ check_regions: ['weu'] }), /^check_regions\[0\]: Invalid option/],
  [pool({ check_regions: Array(15).fill('WEU') }), /^check_regions/],
  [pool({ health_sources: ['regional'] }), /^health_sources \["regional"\] must be null or/],
  [pool({ health_sources: ['global', 'regional'] }), /^health_sources/],
  [
    pool({ health_sources: ['regional', 'global'] }),
    /^health_sources .* needs at least one of check_regions/,
  ],
  [
    pool({ load_shedding: { default_percent: 101 } }),
    /^load_shedding\.default_percent is not in range \[0, 100\]/,
  ],
  [pool({ load_shedding: { session_percent: -1 } }), /^load_shedding\.session_percent is not in range/],
  [pool({ load_shedding: { session_policy: 'random' } }), /^load_shedding\.session_policy/],
  [pool({ load_shedding: { default_policy: 'x' } }), /^load_shedding\.default_policy/],
  [pool({ origin_steering: { policy: 'x' } }), /^origin_steering\.policy/],
  [pool({ notification_filter: { pool: { disable: 'x' } } }), /^notification_filter\.pool\.disable/],
  [pool({ networks: ['a\0'] }), /^networks\[0\] must not contain NUL/],
  [pool({ networks: ['\udc00'] }), /^networks\[0\] must be valid Unicode/],
  [pool({ monitor: 'x' }), 'monitor must be 32 hexadecimal digits'],
  [pool({ monitor: ABSENT_ID }), `monitor "${ABSENT_ID}" is not a monitor of this account`],
  [pool({ monitor: ABSENT_ID, monitor_group: ABSENT_ID }), 'monitor and monitor_group must not be set both'],
  [pool({ monitor_group: 'x' }), 'monitor_group must be 32 hexadecimal digits'],
  [pool({ monitor_group: ABSENT_ID }), `monitor_group "${ABSENT_ID}" is not a monitor group of this account`],
  [pool({ health_sources: ['local'] }), /^health_sources \["local"\] must be null or/],
  [pool({ health_sources: ['regional', 'global', 'local'] }), /^health_sources/],
  [pool({ health_sources: ['x'] }), /^health_sources\[0\]/],
  [pool({ notification_filter: { origin: { healthy: 'no' } } }), /^notification_filter\.origin\.healthy/],
  [pool({ notification_email: 'x'.repeat(2049) }), /^notification_email must be at most/],
])('a pool that breaks a rule is refused: %j', async (body, reason) => {
  const answer = await api.post(PATH, body);
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1002]);
  const message: string = answer.body.errors[0].message;
  expect(message).toMatch(/: validation failed$/);
  const text = message.replace(/: validation failed$/, '');
  if (typeof reason === 'string') expect(text).toBe(reason);
  else expect(text).toMatch(reason);
});

test.each([
  { health_sources: ['regional', 'global'], check_regions: ['WEU'] },
  { load_shedding: { default_percent: 5, session_percent: 0.5 } },
  { origin_steering: { policy: 'least_connections' } },
  { origin_steering: { policy: 'least_outstanding_requests' } },
])('a pool setting with its full effect is taken without a word: %j', async (fields) => {
  const created = await api.post(PATH, { name: newName(), origins, ...fields });
  expect([created.status, created.body.messages]).toEqual([200, []]);
  expect(created.body.result).toMatchObject(fields);
});

test.each<[object, string]>([
  [{ notification_email: 'a@example.com,b@example.com' }, 'notification_email: no mail is sent'],
])('a pool setting that has no effect yet is kept, and a message says so: %j', async (fields, message) => {
  const created = await api.post(PATH, { name: newName(), origins, ...fields });
  expect(created.body.messages).toEqual([{ code: 10501, message }]);
  expect(created.body.result).toMatchObject(fields);
  const read = await api.get(`${PATH}/${created.body.result.id}`);
  expect([read.body.result, read.body.messages]).toEqual([created.body.result, []]);
});

test.each([
  [{ load_shedding: {} }, 'load_shedding'],
  [{ load_shedding: { default_percent: 0, session_policy: null } }, 'load_shedding'],
])('an object that Cloudflare completes comes back complete: %j', async (fields, field) => {
  expect((await createPool(fields))[field]).toEqual({
    default_percent: 0,
    default_policy: 'random',
    session_percent: 0,
    session_policy: 'hash',
  });
});

test.each([
  {},
  { pool: {} },
  { origin: { disable: true } },
  { origin: { disable: false, healthy: null }, pool: { healthy: false } },
  { pool: null },
])('a notification_filter is read back exactly as it was written: %j', async (notification_filter) => {
  const created = await createPool({ notification_filter });
  expect(created.notification_filter).toEqual(notification_filter);
  expect((await api.get(`${PATH}/${created.id}`)).body.result).toEqual(created);
});

test('T32 health_sources needs regions for as long as it is set', async () => {
  const one = `${PATH}/${(await createPool({ health_sources: ['regional', 'global'], check_regions: ['WEU'] })).id}`;
  for (const check_regions of [null, []]) {
    const refused = await api.patch(one, { check_regions });
    expect(refused.body.errors[0].message).toMatch(/^health_sources .* needs at least one of check_regions/);
  }
  const off = await api.patch(one, { health_sources: null, check_regions: [] });
  expect(off.body.result).toMatchObject({ health_sources: null, check_regions: null });
});

test('the list can be narrowed to the pools of a monitor', async () => {
  const monitor = await api.create('@/load_balancers/monitors', { expected_codes: '200' });
  const watched = await createPool({ monitor: monitor.id });
  expect((await api.get(`${PATH}?monitor=${monitor.id}`)).body.result).toEqual([watched]);
  expect((await api.get(`${PATH}?monitor=${ABSENT_ID}`)).body.result).toEqual([]);
  expect((await api.get(`${PATH}?monitor=%00`)).status).toBe(400);
  const all = await api.get(PATH);
  expect(all.body.result.length).toBe(all.body.result_info.total_count);
});

test('the bulk PATCH takes the addresses off the pools of its window and off no other', async () => {
  const noted = { notification_email: 'a@example.com' };
  await createPool({ name: '000-noted', ...noted });
  const second = await createPool({ name: '001-noted', ...noted });
  const emptied = await api.patch(`${PATH}?limit=1`, { notification_email: '' });
  expect(emptied.body.result).toMatchObject([{ name: '000-noted', notification_email: '' }]);
  expect((await api.get(`${PATH}/${emptied.body.result[0].id}`)).body.result).toEqual(emptied.body.result[0]);
  expect((await api.get(`${PATH}/${second.id}`)).body.result).toEqual(second);
  await api.patch(PATH, { notification_email: '' });
  expect((await api.get(`${PATH}/${second.id}`)).body.result.notification_email).toBe('');
});

test('the bulk PATCH only empties notification_email and answers one window of the pools by name', async () => {
  await createPool({ name: 'Zz-last' });
  await createPool({ name: '0-first' });
  const names = async (query: string) =>
    (await api.patch(`${PATH}?${query}`, { notification_email: '' })).body.result.map(
      ({ name }: { name: string }) => name,
    );
  const all = await names('');
  expect(all.length).toBe((await api.get(PATH)).body.result.length);
  expect(await names('per_page=2&page=2')).toEqual(all.slice(2, 4));
  expect(await names('limit=2&offset=1')).toEqual(all.slice(1, 3));
  for (const body of [{}, { notification_email: 'a@example.com' }, { notification_email: null }]) {
    const { status, body: answer } = await api.patch(PATH, body);
    expect([status, answer.errors[0].message]).toEqual([
      400,
      'notification_email must be "": validation failed',
    ]);
  }
});

test('a pool that a load balancer names shows it as reference and cannot be deleted', async () => {
  const monitor = await api.create('@/load_balancers/monitors', {
    expected_codes: '200',
    description: 'mine',
  });
  const [first, fallback, weighted] = [
    await createPool({ monitor: monitor.id }),
    await createPool(),
    await createPool(),
  ];
  const balancer = await api.create('%/load_balancers', {
    name: `references.${offramp.domain}`,
    default_pools: [first.id],
    fallback_pool: fallback.id,
    steering_policy: 'random',
    random_steering: { pool_weights: { [weighted.id]: 0.5 } },
  });
  const referrer = {
    reference_type: 'referrer',
    resource_type: 'load_balancer',
    resource_id: balancer.id,
    resource_name: balancer.name,
  };
  expect((await api.get(`${PATH}/${first.id}/references`)).body.result).toEqual([
    referrer,
    { reference_type: 'referral', resource_type: 'monitor', resource_id: monitor.id, resource_name: 'mine' },
  ]);
  for (const { id } of [first, fallback, weighted]) {
    const refused = await api.delete(`${PATH}/${id}`);
    expect([refused.status, refused.body.errors[0].code]).toEqual([412, 1005]);
  }
  await api.delete(`%/load_balancers/${balancer.id}`);
  for (const { id } of [first, fallback, weighted])
    expect((await api.delete(`${PATH}/${id}`)).status).toBe(200);
});

test('a pool without a monitor has no health to show', async () => {
  const { id } = await createPool();
  expect((await api.get(`${PATH}/${id}/health`)).body.result).toEqual({ pool_id: id, pop_health: {} });
});

test('an id that is not there is 404 everywhere, and one that cannot be an id does not route', async () => {
  const answers = await Promise.all([
    api.get(`${PATH}/${ABSENT_ID}`),
    api.put(`${PATH}/${ABSENT_ID}`, pool({})),
    api.patch(`${PATH}/${ABSENT_ID}`, {}),
    api.delete(`${PATH}/${ABSENT_ID}`),
    api.get(`${PATH}/${ABSENT_ID}/health`),
    api.get(`${PATH}/${ABSENT_ID}/references`),
  ]);
  for (const { status, body } of answers)
    expect([status, body.errors[0]]).toEqual([404, { code: 1001, message: 'pool not found' }]);
  for (const id of ['nothing', "' or 1=1 --", '%00', `${ABSENT_ID}0`])
    expect((await api.get(`${PATH}/${encodeURIComponent(id)}`)).status).toBe(404);
});
