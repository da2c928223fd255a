import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, sessionCookie } from '../../proxy/ask.js';
import { type Api, apiOf } from '../../support/api.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { trafficClient } from '../../support/traffic.js';
import { eventually } from '../../support/waiting.js';

let offramp: SharedOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await sharedOfframp(['--direct-network=127.0.0.0/8']);
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());
beforeEach(async () => void (await own('POST', 'reset')));

async function own(method: string, target: string, given?: object, token = 'test-token') {
  const response = await fetch(new URL(`/_offramp/${target}`, offramp.apiUrl), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(given === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(given === undefined ? {} : { body: JSON.stringify(given) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const body: any = await response.json();
  return { status: response.status, body };
}

/** Changes the clock; gives what the answer shows of it. */
async function clock(change: object) {
  const { status, body } = await own('POST', 'clock', change);
  expect([status, body.messages]).toEqual([200, []]);
  return body.result;
}

const START = '2030-01-31T12:00:00.000Z';
const after = (seconds: number) => new Date(Date.parse(START) + seconds * 1_000).toISOString();
const stopAtStart = () => clock({ stop: true, set: START });

/** A load balancer over such origins, which a monitor looks at each ten seconds. */
async function balanced(name: string, ports: readonly number[], more: object = {}) {
  const monitor = await api.create('@/load_balancers/monitors', {
    type: 'http',
    path: '/health',
    expected_codes: '200',
    port: ports[0],
    interval: 10,
    timeout: 5,
    retries: 0,
  });
  const addresses = ['127.0.0.1', 'localhost'];
  const origins = ports.map((port, index) => ({ name: `${name}-${index}`, address: addresses[index], port }));
  const watched = ports.length === 1 ? { monitor: monitor.id } : {};
  const pool = await api.create('@/load_balancers/pools', { name, origins, ...watched });
  const host = `${name}.example.com`;
  const balancer = { name: host, default_pools: [pool.id], fallback_pool: pool.id, proxied: true };
  await api.create('%/load_balancers', { ...balancer, ...more });
  return { host, pool: pool.id as string, origins };
}

const trafficPort = () => Number(offramp.http.split(':').at(-1));

/** What the log says of the one request to this path. */
async function logged(path: string) {
  const { body } = await own('GET', `requests?path=${path}&wait=1`);
  expect(body.count).toBe(1);
  return body.requests[0];
}

test('a clock goes with real time, can be stopped, set, advanced and started, and is put back', async () => {
  const real = (await own('GET', 'clock')).body.result;
  expect(real).toEqual({ now: expect.stringMatching(/^20.*Z$/), stopped: false, offset_ms: 0 });

  expect(await clock({ stop: true })).toMatchObject({ stopped: true });
  expect(await clock({ set: START })).toMatchObject({ now: START, stopped: true });
  expect(await clock({ advance_ms: 1_500 })).toMatchObject({ now: after(1.5), stopped: true });
  expect((await own('GET', 'clock')).body.result.now).toBe(after(1.5));
  expect(await clock({ set: '2030-01-31T14:00:00+02:00' })).toMatchObject({ now: START });

  const started = await clock({ start: true });
  expect(started.stopped).toBe(false);
  await eventually(async () => (await own('GET', 'clock')).body.result.now > started.now);
  expect(await clock({ stop: true, set: START })).toMatchObject({ now: START, stopped: true });
  expect((await own('DELETE', 'clock')).body.result).toMatchObject({ stopped: false, offset_ms: 0 });
});

test.each([
  [{}, 'the body names nothing to do: stop, start, set or advance_ms'],
  [{ stop: true, start: true }, 'stop and start exclude each other: give one of them'],
  [{ set: START, advance_ms: 1 }, 'set and advance_ms exclude each other: give one of them'],
  [{ stop: false }, 'stop must be true, or left out'],
  [{ set: 'tomorrow' }, 'set must be a time such as "2026-01-31T12:00:00Z"'],
  [{ set: '2026-01-31' }, 'set must be a time such as "2026-01-31T12:00:00Z"'],
  [
    { set: '2500-01-01T00:00:00Z' },
    'a clock cannot be set to 2500-01-01T00:00:00.000Z; it takes a time from 1970-01-01T00:00:00.000Z to 2200-01-01T00:00:00.000Z',
  ],
  [{ advance_ms: -1 }, 'advance_ms is not in range [0, 315360000000]'],
  [{ advance_ms: 1.5 }, 'advance_ms must be an integer'],
  [{ pause: true }, 'Unrecognized key: "pause"'],
])('%j is refused, and the clock is left alone', async (change, message) => {
  const { status, body } = await own('POST', 'clock', change);
  expect([status, body.errors[0].message]).toEqual([400, expect.stringContaining(message)]);
  expect((await own('GET', 'clock')).body.result).toMatchObject({ stopped: false, offset_ms: 0 });
});

test('rows and requests have the time of the clock', async () => {
  const origin = await httpOrigin((_request, response) => response.end());
  await stopAtStart();
  const { host, pool, origins } = await balanced('dated', [origin.port]);
  const path = `@/load_balancers/pools/${pool}`;
  const { created_on, modified_on } = (await api.get(path)).body.result;
  expect([created_on, modified_on].map((time) => Date.parse(time))).toEqual([
    Date.parse(START),
    Date.parse(START),
  ]);
  await ask(trafficPort(), { host, path: '/dated' });
  expect((await logged('/dated')).at).toBe(START);

  await clock({ advance_ms: 60_000 });
  await api.patch(path, { origins: origins.map((one) => ({ ...one, enabled: false })) });
  const changed = (await api.get(path)).body.result;
  expect(Date.parse(changed.modified_on)).toBe(Date.parse(after(60)));
  expect(Date.parse(changed.origins[0].disabled_at)).toBe(Date.parse(after(60)));
  const network = await api.create('@/teamnet/virtual_networks', { name: 'dated' });
  await clock({ advance_ms: 1_000 });
  const { deleted_at } = (await api.delete(`@/teamnet/virtual_networks/${network.id}`)).body.result;
  expect([network.created_at, deleted_at].map((time) => Date.parse(time))).toEqual([
    Date.parse(after(60)),
    Date.parse(after(61)),
  ]);
});

test('health checks are made when the clock says, no more and no fewer, and turn an origin at their time', async () => {
  let checks = 0;
  let broken = false;
  const origin = await httpOrigin((_request, response) => {
    checks += 1;
    response.writeHead(broken ? 500 : 200).end();
  });
  await stopAtStart();
  await balanced('checked', [origin.port]);
  await eventually(() => checks === 1);
  await clock({ advance_ms: 60_000 });
  expect(checks).toBe(7);
  // However the time is divided.
  for (let step = 0; step < 20; step += 1) await clock({ advance_ms: 500 });
  expect(checks).toBe(8);

  broken = true;
  await clock({ advance_ms: 20_000 });
  expect(checks).toBe(10);
  broken = false;
  await clock({ advance_ms: 20_000 });
  const events = (await api.get('/user/load_balancing_analytics/events')).body.result;
  const [up, down] = events.map(({ timestamp }: { timestamp: string }) => Date.parse(timestamp));
  const since = (time: number) => (time - Date.parse(START)) / 1_000;
  expect(since(down)).toBeGreaterThan(70);
  // What happens to a pool is gathered for a moment.
  expect(since(down)).toBeLessThanOrEqual(80.25);
  expect(up - down).toBe(20_000);

  // As after a sleep: once, however long it was.
  await clock({ set: after(3_600) });
  expect(checks).toBe(13);
});

test('a check that takes long is awaited for a while, and the answer says so', async () => {
  let silent = false;
  const origin = await httpOrigin((_request, response) => void (silent || response.end()));
  await stopAtStart();
  await balanced('slow', [origin.port]);
  silent = true;
  const { status, body } = await own('POST', 'clock', { advance_ms: 60_000 });
  expect([status, body.result.now]).toEqual([200, after(60)]);
  expect(body.messages).toEqual([{ code: 10_505, message: expect.stringContaining('was not done in time') }]);
});

test('a token counts from its beginning to its end by the clock', async () => {
  await stopAtStart();
  const groups = (await api.get('/user/tokens/permission_groups?name=Load%20Balancers%20Read')).body.result;
  const resources = { [`com.cloudflare.api.account.zone.${offramp.zoneId}`]: '*' };
  const { value, id } = await api.create('/user/tokens', {
    name: 'for an hour',
    policies: [{ effect: 'allow', permission_groups: [{ id: groups[0].id }], resources }],
    not_before: after(60),
    expires_on: after(3_660),
  });
  const status = async () => (await apiOf(offramp, value).get('%/load_balancers')).status;
  const shown = async () => (await api.get(`/user/tokens/${id}`)).body.result.status;
  expect([await status(), await shown()]).toEqual([403, 'active']);
  await clock({ advance_ms: 60_000 });
  expect([await status(), await shown()]).toEqual([200, 'active']);
  await clock({ advance_ms: 3_599_999 });
  expect([await status(), await shown()]).toEqual([200, 'active']);
  await clock({ advance_ms: 1 });
  expect([await status(), await shown()]).toEqual([403, 'expired']);
});

test('a session with a cookie ends by the clock, and the cookie says when', async () => {
  const origin = await httpOrigin((_request, response) => response.end());
  await stopAtStart();
  const { host } = await balanced('cookie', [origin.port], {
    session_affinity: 'cookie',
    session_affinity_ttl: 1_800,
  });
  const first = await ask(trafficPort(), { host });
  const expires = /Expires=([^;]+)/.exec(first.headers['set-cookie']![0]!)![1]!;
  expect(Date.parse(expires)).toBe(Date.parse(after(1_800)));
  const headers = { cookie: sessionCookie(first)! };
  await clock({ advance_ms: 1_799_000 });
  expect(sessionCookie(await ask(trafficPort(), { host, headers }))).toBeUndefined();
  await clock({ advance_ms: 1_000 });
  expect(sessionCookie(await ask(trafficPort(), { host, headers }))).toBeDefined();
});

test('a session by headers ends when the clock says that it was not used for its time', async () => {
  const origin = await httpOrigin((_request, response) => response.end());
  await stopAtStart();
  const { host } = await balanced('header', [origin.port], {
    session_affinity: 'header',
    session_affinity_ttl: 30,
    session_affinity_attributes: { headers: ['x-session'] },
  });
  const pin = async (path: string) => {
    await ask(trafficPort(), { host, path, headers: { 'x-session': 'one' } });
    return (await logged(path)).decision.pin;
  };
  expect(await pin('/first')).toBe('none');
  await clock({ advance_ms: 29_999 });
  expect(await pin('/used')).toBe('honoured');
  await clock({ advance_ms: 29_999 });
  expect(await pin('/used-again')).toBe('honoured');
  await clock({ advance_ms: 30_000 });
  expect(await pin('/unused')).toBe('none');
});

test('an origin that was disabled keeps its sessions until drain_duration is over by the clock', async () => {
  const names = ['0', '1'];
  const servers = await Promise.all(
    names.map((name) => httpOrigin((_request, response) => response.end(name))),
  );
  await stopAtStart();
  const { host, pool, origins } = await balanced(
    'drained',
    servers.map(({ port }) => port),
    { session_affinity: 'cookie', session_affinity_attributes: { drain_duration: 60 } },
  );
  const first = await ask(trafficPort(), { host });
  const next = async () =>
    (await ask(trafficPort(), { host, headers: { cookie: sessionCookie(first)! } })).body;
  const rest = origins.map((origin, index) => ({ ...origin, enabled: names[index] !== first.body }));
  await api.patch(`@/load_balancers/pools/${pool}`, { origins: rest });
  await clock({ advance_ms: 59_999 });
  expect(await next()).toBe(first.body);
  await clock({ advance_ms: 1 });
  expect(await next()).not.toBe(first.body);
});

test('traffic and writers go on while the clock is moved', async () => {
  const origin = await httpOrigin((_request, response) => response.end());
  await stopAtStart();
  const { host } = await balanced('busy', [origin.port]);
  const client = trafficClient(offramp.http, 4);
  const statuses = new Set<number>();
  let asked = 0;
  let done = false;
  const visitor = async () => {
    while (!done) {
      statuses.add((await client.get(host)).status);
      asked += 1;
    }
  };
  const writer = async () => {
    for (let count = 0; !done; count += 1)
      statuses.add((await api.post('@/teamnet/virtual_networks', { name: `busy-${count}` })).status);
  };
  const busy = [visitor(), visitor(), writer()];
  for (const change of [{ advance_ms: 600_000 }, { set: '2031-01-01T00:00:00Z' }, { start: true }]) {
    const before = asked;
    await clock(change);
    await eventually(() => asked > before);
  }
  // Back, which makes nothing due.
  await clock({ set: START, stop: true });
  done = true;
  await Promise.all(busy);
  client.close();
  expect([...statuses]).toEqual([200]);
});

test('a reset puts the clock back to real time', async () => {
  await stopAtStart();
  await own('POST', 'reset');
  expect((await own('GET', 'clock')).body.result).toMatchObject({ stopped: false, offset_ms: 0 });
  const [account] = (await api.get('/accounts')).body.result;
  expect(Date.parse(account.created_on)).toBeLessThan(Date.parse(START));
});

test('a token that was made has no permission for the clock', async () => {
  const [group] = (await api.get('/user/tokens/permission_groups?name=Zone%20Read')).body.result;
  const resources = { [`com.cloudflare.api.account.zone.${offramp.zoneId}`]: '*' };
  const policies = [{ effect: 'allow', permission_groups: [{ id: group.id }], resources }];
  const { value } = await api.create('/user/tokens', { name: 'limited', policies });
  for (const [method, change] of [['GET'], ['POST', { stop: true }], ['DELETE']] as const) {
    const { status, body } = await own(method, 'clock', change, value);
    expect([status, body.errors[0].code]).toEqual([403, 10000]);
  }
  expect((await own('GET', 'clock')).body.result.stopped).toBe(false);
});
