import { afterAll, beforeAll, expect, test } from 'vitest';
import { liveMonitor } from '../../../src/resources/load-balancing/monitors/definition.js';
import { initialOfType } from '../../../src/resources/load-balancing/monitors/fields.js';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/load_balancers/monitors';
const ABSENT_ID = '0'.repeat(32);

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const STAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
const HTTP_DEFAULTS = {
  id: expect.stringMatching(/^[0-9a-f]{32}$/),
  type: 'http',
  description: '',
  method: 'GET',
  path: '/',
  port: 0,
  timeout: 5,
  retries: 2,
  interval: 60,
  consecutive_up: 0,
  consecutive_down: 0,
  expected_body: '',
  expected_codes: '2xx',
  follow_redirects: false,
  allow_insecure: false,
  probe_zone: '',
  created_on: STAMP,
  modified_on: STAMP,
};

test('the body that Terraform sends for a monitor is answered with every field and no header', async () => {
  const created = await api.post(PATH, {
    allow_insecure: false,
    description: '',
    expected_body: '',
    expected_codes: '2xx',
    follow_redirects: false,
    interval: 60,
    probe_zone: '',
    retries: 2,
    timeout: 5,
    type: 'http',
  });
  expect(created.status).toBe(200);
  expect(created.body.result).toEqual(HTTP_DEFAULTS);
  expect(created.body.result.modified_on).toBe(created.body.result.created_on);
  expect((await api.get(`${PATH}/${created.body.result.id}`)).body).toEqual(created.body);
});

test('a tcp monitor takes the empty values of fields that are for HTTP only', async () => {
  const monitor = await api.create(PATH, {
    type: 'tcp',
    port: 5432,
    method: '',
    path: '',
    header: {},
    expected_body: '',
    expected_codes: '',
    follow_redirects: false,
    allow_insecure: false,
    probe_zone: '',
  });
  expect(monitor).toEqual({
    ...HTTP_DEFAULTS,
    type: 'tcp',
    port: 5432,
    method: '',
    path: '',
    expected_codes: '',
  });
});

test('PUT replaces: what is left out or null goes back to its default, and created_on stays', async () => {
  const header = { Host: ['app.example.com'], 'X-Probe': ['a', 'b'] };
  const monitor = await api.create(PATH, {
    type: 'https',
    expected_codes: '200',
    description: 'first',
    header,
    port: 8443,
    timeout: 3,
    interval: 120,
    consecutive_up: 2,
    allow_insecure: true,
  });
  expect(monitor.header).toEqual(header);
  const { body } = await api.put(`${PATH}/${monitor.id}`, {
    expected_codes: '200',
    type: null,
    header: null,
    description: null,
    port: null,
    timeout: null,
  });
  expect(body.result).toEqual({
    ...HTTP_DEFAULTS,
    expected_codes: '200',
    id: monitor.id,
    created_on: monitor.created_on,
  });
  expect(body.result.modified_on >= monitor.modified_on).toBe(true);
  expect((await api.get(`${PATH}/${monitor.id}`)).body.result).toEqual(body.result);
});

test('PATCH changes what it names, null resets, and an empty one changes nothing at all', async () => {
  const header = { Host: ['app.example.com'], Accept: ['*/*'] };
  const monitor = await api.create(PATH, {
    expected_codes: '200',
    description: 'first',
    interval: 120,
    header,
  });
  const patched = await api.patch(`${PATH}/${monitor.id}`, { interval: 90, description: null, unknown: 1 });
  expect(patched.body.result).toEqual({
    ...monitor,
    interval: 90,
    description: '',
    modified_on: expect.any(String),
  });
  expect((await api.patch(`${PATH}/${monitor.id}`, {})).body.result).toEqual(patched.body.result);
  const same = await api.patch(`${PATH}/${monitor.id}`, { interval: 90, header });
  expect(same.body.result).toEqual(patched.body.result);
});

test('a monitor can change between http and tcp', async () => {
  const monitor = await api.create(PATH, {
    expected_codes: '200',
    path: '/ready',
    header: { Accept: ['*/*'] },
  });
  const tcp = await api.patch(`${PATH}/${monitor.id}`, { type: 'tcp', port: 80 });
  expect(tcp.body.result).toMatchObject({ type: 'tcp', method: 'connection_established', path: '' });
  expect(tcp.body.result).not.toHaveProperty('header');
  const refused = await api.patch(`${PATH}/${monitor.id}`, { type: 'http' });
  expect(refused.body.errors[0].message).toMatch(/expected_codes is required/);
  const http = await api.patch(`${PATH}/${monitor.id}`, { type: 'http', expected_codes: '2xx' });
  expect(http.body.result).toMatchObject({ type: 'http', method: 'GET', path: '/', port: 80 });
});

test.each(['200', '2xx', '2XX', '200,302', '200, 3xx', '503'])(
  'expected_codes %j is kept as it is',
  async (codes) => {
    expect((await api.create(PATH, { expected_codes: codes })).expected_codes).toBe(codes);
  },
);

const http = (fields: object) => ({ expected_codes: '200', ...fields });
test.each<[unknown, string | RegExp]>([
  [{}, 'expected_codes is required for a http monitor'],
  [{ type: 'https', expected_codes: '' }, 'expected_codes is required for a https monitor'],
  ...['20', '600', '2x', '200;201', '200,', 'x', '٢٠٠'].map((codes): [unknown, RegExp] => [
    { expected_codes: codes },
    /^expected_codes ".*" must be codes or classes/,
  ]),
  [http({ interval: 9 }), 'interval is not in range [10, 3600]'],
  [http({ interval: 3601 }), 'interval is not in range [10, 3600]'],
  [http({ interval: 1e15 }), 'interval is not in range [10, 3600]'],
  [http({ interval: 60.5 }), /^interval must be an integer/],
  [http({ interval: 15 }), 'interval 15 must be greater than (retries + 1) * timeout = 15'],
  [http({ timeout: 0 }), 'timeout is not in range [1, 10]'],
  [http({ timeout: 11 }), 'timeout is not in range [1, 10]'],
  [http({ retries: -1 }), 'retries is not in range [0, 5]'],
  [http({ retries: 6 }), 'retries is not in range [0, 5]'],
  [http({ port: 65_536 }), 'port is not in range [0, 65535]'],
  [http({ port: '80' }), /^port must be an integer/],
  [http({ consecutive_up: -1 }), /^consecutive_up is not in range/],
  [http({ type: 'ftp' }), /^type: Invalid option/],
  [http({ method: 'get' }), /^method must be a method in capital letters/],
  [http({ method: 'GET / HTTP/1.1' }), /^method/],
  [http({ path: 'ready' }), /^path must start with \//],
  [http({ path: '/a b' }), /^path/],
  [http({ path: '/a\r\nX: y' }), /^path/],
  [http({ header: { 'User-agent': ['me'] } }), /^header must not name User-Agent/],
  [http({ header: { Host: ['a', 'b'] } }), /^header must give Host exactly one value/],
  [http({ header: { Host: ['a'], host: ['b'] } }), /^header must give Host exactly one value/],
  [http({ header: { Accept: 'x' } }), /^header\.Accept/],
  [http({ header: { Accept: [] } }), /^header\.Accept must have a value/],
  [http({ header: { 'a b': ['x'] } }), /^header/],
  [http({ header: { Accept: ['a\r\nb'] } }), /^header\.Accept\[0\]/],
  [http({ method: 'connection_established' }), /^method "connection_established" is only for a tcp monitor/],
  [http({ description: 'a\0b' }), 'description must not contain NUL characters'],
  [http({ description: '\ud800' }), 'description must be valid Unicode text'],
  [http({ description: 'x'.repeat(1025) }), 'description must be at most 1024 characters'],
  [http({ description: 7 }), 'description must be a string'],
  [http({ expected_body: 'x'.repeat(10_241) }), /^expected_body/],
  [{ type: 'tcp' }, 'port is required for a tcp monitor'],
  [{ type: 'smtp' }, 'port is required for a smtp monitor'],
  [{ type: 'udp_icmp', port: 0 }, 'port is required for a udp_icmp monitor'],
  [{ type: 'icmp_ping', expected_codes: '200' }, /^expected_codes is only for .*, not icmp_ping/],
  [{ type: 'smtp', port: 25, method: 'HELO' }, /^method is only for .*, not smtp/],
  [{ type: 'udp_icmp', port: 53, probe_zone: 'example.com' }, /^probe_zone is only for/],
  [{ type: 'tcp', port: 1, path: '/x' }, 'path is only for monitors of type http and https, not tcp'],
  [{ type: 'tcp', port: 1, method: 'GET' }, /^method is only for/],
  [{ type: 'tcp', port: 1, header: { Accept: ['x'] } }, /^header is only for/],
  [{ type: 'tcp', port: 1, expected_codes: '200' }, /^expected_codes is only for/],
  [{ type: 'tcp', port: 1, expected_body: 'x' }, /^expected_body is only for/],
  [{ type: 'tcp', port: 1, follow_redirects: true }, /^follow_redirects is only for/],
  [{ type: 'tcp', port: 1, allow_insecure: true }, /^allow_insecure is only for/],
  [[], /object/],
  ['{"type": ', /^the body is not valid JSON/],
])('a monitor that breaks a rule is refused: %j', async (body, reason) => {
  const answer = await api.post(PATH, body);
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1002]);
  const message: string = answer.body.errors[0].message;
  expect(message).toMatch(/: validation failed$/);
  const text = message.replace(/: validation failed$/, '');
  if (typeof reason === 'string') expect(text).toBe(reason);
  else expect(text).toMatch(reason);
});

test.each([
  { type: 'icmp_ping' },
  { type: 'icmp_ping', port: null, expected_codes: '', header: {} },
  { type: 'udp_icmp', port: 53 },
  { type: 'smtp', port: 25, timeout: 9, retries: 0 },
])('a monitor that speaks no HTTP is taken: %j', async (body) => {
  const answer = await api.post(PATH, body);
  expect([answer.status, answer.body.messages]).toEqual([200, []]);
  const { header: _none, ...fields } = body as { header?: object };
  expect(answer.body.result).toEqual({
    ...HTTP_DEFAULTS,
    method: '',
    path: '',
    ...fields,
    port: answer.body.result.port,
    expected_codes: '',
  });
  expect((await api.get(`${PATH}/${answer.body.result.id}`)).body.result).toEqual(answer.body.result);
});

test.each(['tcp', 'udp_icmp', 'smtp'])('T16 a monitor of type %s needs a port', async (type) => {
  const { status, body } = await api.post(PATH, { type });
  expect(status).toBe(400);
  expect(body.errors[0].message).toMatch(/port/);
});

test('a probe_zone is kept, and a message says that it has no effect', async () => {
  const messages = [{ code: 10501, message: 'probe_zone: probes do not take over settings of a zone' }];
  const created = await api.post(PATH, http({ probe_zone: 'example.com' }));
  expect(created.body).toMatchObject({ result: { probe_zone: 'example.com' }, messages });
  const one = `${PATH}/${created.body.result.id}`;
  expect((await api.patch(one, { timeout: 2 })).body.messages).toEqual(messages);
  expect((await api.get(one)).body.messages).toEqual([]);
  expect((await api.patch(one, { probe_zone: null })).body.messages).toEqual([]);
});

test('a refused PATCH leaves the monitor as it was', async () => {
  const monitor = await api.create(PATH, { expected_codes: '200' });
  expect((await api.patch(`${PATH}/${monitor.id}`, { timeout: 9, interval: 5 })).status).toBe(400);
  expect((await api.get(`${PATH}/${monitor.id}`)).body.result).toEqual(monitor);
});

test('a monitor that a pool uses shows the pool as reference and cannot be deleted', async () => {
  const monitor = await api.create(PATH, { expected_codes: '200', description: 'in use' });
  const pool = await api.create('@/load_balancers/pools', {
    name: 'watched',
    monitor: monitor.id,
    origins: [{ name: 'a', address: '1.1.1.1' }],
  });
  expect((await api.get(`${PATH}/${monitor.id}/references`)).body).toMatchObject({
    success: true,
    result: [
      { reference_type: 'referrer', resource_type: 'pool', resource_id: pool.id, resource_name: 'watched' },
    ],
  });
  const refused = await api.delete(`${PATH}/${monitor.id}`);
  expect([refused.status, refused.body.errors[0].code]).toEqual([412, 1005]);
  await api.patch(`@/load_balancers/pools/${pool.id}`, { monitor: null });
  expect((await api.delete(`${PATH}/${monitor.id}`)).body.result).toEqual({ id: monitor.id });
  expect((await api.get(`${PATH}/${monitor.id}`)).status).toBe(404);
});

test('an id that is not there is 404 everywhere, and one that cannot be an id does not route', async () => {
  const answers = await Promise.all([
    api.get(`${PATH}/${ABSENT_ID}`),
    api.put(`${PATH}/${ABSENT_ID}`, http({})),
    api.patch(`${PATH}/${ABSENT_ID}`, {}),
    api.delete(`${PATH}/${ABSENT_ID}`),
    api.get(`${PATH}/${ABSENT_ID}/references`),
  ]);
  for (const { status, body } of answers)
    expect([status, body.errors[0]]).toEqual([404, { code: 1001, message: 'monitor not found' }]);
  for (const id of ['nothing', "'; drop table monitor; --", '%00', ABSENT_ID.slice(1)])
    expect((await api.get(`${PATH}/${encodeURIComponent(id)}`)).status).toBe(404);
});

test('the list gives every monitor unless a page is asked for', async () => {
  const all = await api.get(PATH);
  expect(all.body.result_info).toMatchObject({ page: 1, total_count: all.body.result.length });
  const second = await api.get(`${PATH}?per_page=1&page=2`);
  expect(second.body.result).toEqual([all.body.result[1]]);
  expect((await api.get(`${PATH}?per_page=1&page=999`)).body.result).toEqual([]);
});

test('DELETE takes the empty JSON body that some clients send', async () => {
  const first = await api.create(PATH, { expected_codes: '200' });
  expect((await api.call('DELETE', `${PATH}/${first.id}`, '')).status).toBe(200);
  const second = await api.create(PATH, { expected_codes: '200' });
  expect((await api.call('DELETE', `${PATH}/${second.id}`, {})).status).toBe(200);
});

test('a path or method that is set to nothing is shown so, and goes back to its default with null', async () => {
  const monitor = await api.create(PATH, http({ path: '', method: '' }));
  expect(monitor).toMatchObject({ path: '', method: '' });
  const one = `${PATH}/${monitor.id}`;
  const kept = await api.patch(one, { description: 'kept' });
  expect(kept.body.result).toMatchObject({ path: '', method: '' });
  const reset = await api.put(one, http({ path: null, method: null }));
  expect(reset.body.result).toMatchObject({ path: '/', method: 'GET' });
  const emptied = await api.patch(one, { path: '' });
  expect(emptied.body.result).toMatchObject({ path: '', method: 'GET' });
});

test.each([
  ['http', { method: 'GET', path: '/' }],
  ['tcp', { method: 'connection_established', path: '' }],
] as const)(
  'checks of a monitor of type %s take an empty path and method for the default',
  async (type, live) => {
    const values = { ...initialOfType(type), method: '', path: '' };
    const dates = { createdOn: new Date(), modifiedOn: new Date() };
    expect(liveMonitor({ id: ABSENT_ID, accountId: ABSENT_ID, values, ...dates })).toMatchObject(live);
  },
);
