import { expect, test } from 'vitest';
import type { LiveAffinityAttributes, LiveOrigin, LivePool } from '../../src/state/snapshot.js';
import {
  liveLoadBalancer,
  liveOrigin,
  livePool,
  liveSettings,
  unmonitoredPool,
} from '../support/live-objects.js';
import { ask, sessionCookie } from './ask.js';
import { type FakeOrigin, httpOrigin, rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, type Rig, setHealth, startRig } from './rig.js';

const { affinityAttributes } = liveSettings({ defaultPools: [] });

/** Origins that answer with their number. */
const numbered = (count: number): Promise<FakeOrigin[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      httpOrigin((_request, response) => response.end(String(index))),
    ),
  );

interface Setting
  extends Partial<Omit<Parameters<typeof liveLoadBalancer>[0], 'affinityAttributes' | 'pools'>> {
  readonly attributes?: Partial<LiveAffinityAttributes>;
  readonly pools: readonly LivePool[];
}

const objects = ({ attributes = {}, pools, ...rest }: Setting) => ({
  pool: pools,
  load_balancer: [
    liveLoadBalancer({
      name: HOST,
      defaultPools: pools.map(({ id }) => id),
      affinity: 'cookie',
      affinityAttributes: { ...affinityAttributes, ...attributes },
      ...rest,
    }),
  ],
});

const started = (setting: Setting): Promise<Rig> => startRig({ upsert: objects(setting) });

const originsAt = (
  origins: readonly FakeOrigin[],
  change: (index: number) => Partial<LiveOrigin> = () => ({}),
) => origins.map(({ port }, index) => liveOrigin({ name: String(index), port, ...change(index) }));

/** Which origin answers each of some requests with the same headers. */
const bodies = async (rig: Rig, count: number, headers: Record<string, string>) => {
  const found = new Set<string>();
  for (let i = 0; i < count; i++) found.add((await ask(rig.port, { headers })).body);
  return [...found];
};

test('T90 the first response begins a session, the next requests stay with its origin and get no new cookie', async () => {
  const origins = await numbered(4);
  const rig = await started({ pools: [unmonitoredPool({ id: 'a', origins: originsAt(origins) })] });
  const before = Date.now();
  const first = await ask(rig.port);
  const [field] = first.headers['set-cookie']!;
  expect(field).toMatch(/^__cflb=[\w.-]+; Path=\/; Expires=[^;]+ GMT; HttpOnly; SameSite=Lax$/);
  const expires = Date.parse(/Expires=([^;]+)/.exec(field!)![1]!);
  expect(Math.abs(expires - before - 82_800_000)).toBeLessThan(30_000);
  for (let i = 0; i < 12; i++) {
    const next = await ask(rig.port, { headers: { cookie: `a=b; ${sessionCookie(first)}` } });
    expect([next.body, next.headers['set-cookie']]).toEqual([first.body, undefined]);
  }
});

test('T91 a cookie of another load balancer begins a new session', async () => {
  const origins = await numbered(2);
  const pools = [unmonitoredPool({ id: 'a', origins: originsAt(origins) })];
  const { load_balancer } = objects({ pools });
  const other = liveLoadBalancer({ name: 'other.example.com', defaultPools: ['a'], affinity: 'cookie' });
  const rig = await startRig({ upsert: { pool: pools, load_balancer: [...load_balancer, other] } });
  const foreign = sessionCookie(await ask(rig.port, { host: 'other.example.com' }));
  expect(foreign).toBeDefined();
  for (const cookie of [foreign!, '__cflb=', '__cflb=nonsense', `${foreign}x`]) {
    expect(sessionCookie(await ask(rig.port, { headers: { cookie } }))).toMatch(/^__cflb=./);
  }
});

test('T92 when its origin is unhealthy, the session begins anew at another one', async () => {
  const origins = await numbered(2);
  const pool = livePool({ id: 'a', origins: originsAt(origins) });
  const rig = await started({ pools: [pool] });
  for (const { port } of origins) setHealth(rig, 'a', port, 'healthy');
  const first = await ask(rig.port);
  setHealth(rig, 'a', origins[Number(first.body)]!.port, 'unhealthy');
  const second = await ask(rig.port, { headers: { cookie: sessionCookie(first)! } });
  expect(second.body).not.toBe(first.body);
  setHealth(rig, 'a', origins[Number(first.body)]!.port, 'healthy');
  expect(await bodies(rig, 8, { cookie: sessionCookie(second)! })).toEqual([second.body]);
});

test('T94 with ip_cookie requests of one client without a cookie go to one origin', async () => {
  const origins = await numbered(6);
  const rig = await started({
    affinity: 'ip_cookie',
    pools: [unmonitoredPool({ id: 'a', origins: originsAt(origins) })],
  });
  const first = await ask(rig.port);
  expect(sessionCookie(first)).toBeDefined();
  expect(await bodies(rig, 20, {})).toEqual([first.body]);
});

test('T95 with header affinity the same header leads to the same origin, without a cookie', async () => {
  const origins = await numbered(6);
  const rig = await started({
    affinity: 'header',
    attributes: { headers: ['X-S'] },
    pools: [unmonitoredPool({ id: 'a', origins: originsAt(origins) })],
  });
  const first = await ask(rig.port, { headers: { 'x-s': 'me' } });
  expect(first.headers['set-cookie']).toBeUndefined();
  expect(await bodies(rig, 20, { 'X-S': 'me' })).toEqual([first.body]);
});

test('T61 a rule turns affinity on for what it matches, and nothing else gets a cookie', async () => {
  const origins = await numbered(2);
  const rig = await started({
    affinity: 'none',
    pools: [unmonitoredPool({ id: 'a', origins: originsAt(origins) })],
    rules: [
      {
        name: 'cart',
        condition: 'starts_with(http.request.uri.path, "/cart")',
        terminates: false,
        fixedResponse: null,
        overrides: { affinity: 'cookie' },
      },
    ],
  });
  expect(sessionCookie(await ask(rig.port, { path: '/cart' }))).toBeDefined();
  expect(sessionCookie(await ask(rig.port, { path: '/' }))).toBeUndefined();
});

test('a load balancer that is not proxied has sessions for the requests that it gets', async () => {
  const origins = await numbered(4);
  const pools = [unmonitoredPool({ id: 'a', origins: originsAt(origins) })];
  const rig = await started({ proxied: false, pools });
  const first = await ask(rig.port);
  expect(await bodies(rig, 8, { cookie: sessionCookie(first)! })).toEqual([first.body]);
});

test('answers of our own begin no session', async () => {
  const rig = await startRig({
    upsert: objects({ pools: [unmonitoredPool({ id: 'a', origins: [liveOrigin({ port: 9 })] })] }),
    failures: { '127.0.0.1:9': 'refused' },
  });
  const answer = await ask(rig.port);
  expect([answer.status, answer.headers['set-cookie']]).toEqual([521, undefined]);
});

test('an origin that was disabled keeps its sessions while it drains, and gets no new ones', async () => {
  const origins = await numbered(2);
  const disable = (index: number, disabledAt: number) =>
    unmonitoredPool({
      id: 'a',
      origins: originsAt(origins, (i) => (i === index ? { enabled: false, disabledAt } : {})),
    });
  const pools = [unmonitoredPool({ id: 'a', origins: originsAt(origins) })];
  const rig = await started({ pools, attributes: { drainDuration: 60 } });
  const first = await ask(rig.port);
  const headers = { cookie: sessionCookie(first)! };
  const index = Number(first.body);

  rig.apply({ pool: [disable(index, Date.now() - 30_000)] });
  expect(await bodies(rig, 5, headers)).toEqual([first.body]);
  expect(await bodies(rig, 10, {})).toEqual([String(1 - index)]);

  rig.apply({ pool: [disable(index, Date.now() - 61_000)] });
  const after = await ask(rig.port, { headers });
  expect(after.body).toBe(String(1 - index));
  expect(sessionCookie(after)).toBeDefined();
});

test('a session keeps to an origin whose weight has become 0', async () => {
  const origins = await numbered(2);
  const rig = await started({ pools: [unmonitoredPool({ id: 'a', origins: originsAt(origins) })] });
  const first = await ask(rig.port);
  const index = Number(first.body);
  rig.apply({
    pool: [
      unmonitoredPool({ id: 'a', origins: originsAt(origins, (i) => (i === index ? { weight: 0 } : {})) }),
    ],
  });
  expect(await bodies(rig, 5, { cookie: sessionCookie(first)! })).toEqual([first.body]);
});

test('an upgraded connection begins a session with its 101', async () => {
  const switching = await rawOrigin((socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
    socket.on('error', () => {});
  });
  const rig = await started({
    pools: [unmonitoredPool({ id: 'a', origins: [liveOrigin({ port: switching.port })] })],
  });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  expect(await client.receive((text) => text.includes('\r\n\r\n'))).toMatch(
    /^HTTP\/1\.1 101 [\s\S]*\r\nSet-Cookie: __cflb=/,
  );
});
