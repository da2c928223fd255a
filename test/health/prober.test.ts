import type { IncomingMessage, ServerResponse } from 'node:http';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { isPoolHealthy } from '../../src/state/pool-health.js';
import { closedPort, httpOrigin, tcpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const POOL = livePool().id;

/** An origin whose answers the test chooses. */
async function switchable() {
  const origin = { up: true, requests: 0, port: 0 };
  const server = await httpOrigin((_request: IncomingMessage, response: ServerResponse) => {
    origin.requests += 1;
    response.writeHead(origin.up ? 200 : 500).end();
  });
  origin.port = server.port;
  return origin;
}

type Bench = ReturnType<typeof startProber>;

/** Lets the next interval begin and waits for the result of the probe. */
async function nextProbe({ clock, healthOf }: Bench): Promise<void> {
  await until(() => healthOf(POOL)?.checkedAt && clock.pending > 0);
  clock.advance(60_000);
  await until(() => healthOf(POOL)?.checkedAt === clock.now());
}

const privateOrigins = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    liveOrigin({ name: `origin-${at}`, address: `10.0.${at >> 8}.${at & 255}`, virtualNetworkId: 'vnet-1' }),
  );

test('T22 origins that are disabled, in a disabled pool or without a monitor are not probed', async () => {
  const origin = await switchable();
  const bench = startProber();
  const monitor = liveMonitor({ port: origin.port });
  const disabled = liveOrigin({ address: '127.0.0.2', enabled: false });
  bench.apply({
    monitor: [monitor],
    pool: [
      livePool({ origins: [liveOrigin(), disabled] }),
      livePool({ id: 'pool-off', enabled: false }),
      livePool({ id: 'pool-bare', monitorId: null }),
    ],
  });
  await bench.verdict(POOL);
  expect(origin.requests).toBe(1);
  expect([bench.healthOf(POOL, 1), bench.healthOf('pool-off'), bench.healthOf('pool-bare')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(bench.prober.poolHealth(POOL)).toMatchObject({ healthy: true, origins: [{ address: '127.0.0.1' }] });
});

test('T23 an origin of weight 0 is probed and counts', async () => {
  const origin = await switchable();
  const bench = startProber();
  const pool = livePool({ origins: [liveOrigin({ weight: 0 })] });
  bench.apply({ monitor: [liveMonitor({ port: origin.port })], pool: [pool] });
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy' });
  expect(isPoolHealthy(pool, bench.board)).toBe(true);
});

test('T24 an origin goes down after as many failures in a row as the monitor asks for', async () => {
  const origin = await switchable();
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ port: origin.port, consecutiveDown: 3 })], pool: [livePool()] });
  await bench.verdict(POOL);
  const seen: (string | undefined)[] = [];
  for (const up of [false, false, true, false, false, false]) {
    origin.up = up;
    await nextProbe(bench);
    seen.push(bench.healthOf(POOL)?.state);
  }
  expect(seen).toEqual(['healthy', 'healthy', 'healthy', 'healthy', 'healthy', 'unhealthy']);
  expect(bench.transitions.map(({ from, to }) => `${from} > ${to}`)).toEqual([
    'unknown > healthy',
    'healthy > unhealthy',
  ]);
});

test('a healthy origin shows no failure, and an unhealthy one its last, until its state turns', async () => {
  const origin = await switchable();
  const bench = startProber();
  const monitor = liveMonitor({ port: origin.port, consecutiveDown: 2, consecutiveUp: 2 });
  bench.apply({ monitor: [monitor], pool: [livePool()] });
  await until(() => bench.healthOf(POOL)?.checkedAt);
  await nextProbe(bench);
  origin.up = false;
  await nextProbe(bench);
  expect(bench.healthOf(POOL)).toMatchObject({
    state: 'healthy',
    failureReason: 'No failures',
    responseCode: 500,
  });
  await nextProbe(bench);
  origin.up = true;
  await nextProbe(bench);
  expect(bench.healthOf(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'Response code mismatch error',
    responseCode: 200,
  });
});

test('a steady origin makes no transitions, and a turn makes exactly one that says what turned', async () => {
  const origin = await switchable();
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ port: origin.port })], pool: [livePool()] });
  await bench.verdict(POOL);
  await nextProbe(bench);
  expect(bench.transitions).toHaveLength(1);
  origin.up = false;
  await nextProbe(bench);
  await nextProbe(bench);
  expect(bench.transitions.slice(1)).toEqual([
    {
      poolId: POOL,
      poolName: 'pool-1',
      originKey: liveOrigin().key,
      originName: 'origin-1',
      address: '127.0.0.1',
      from: 'healthy',
      to: 'unhealthy',
      failureReason: 'Response code mismatch error',
      failureDetail: null,
      at: bench.clock.now() - 60_000,
    },
  ]);
});

test('each change of state is one line of the log', async () => {
  const origin = await switchable();
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) });
  const bench = startProber({ log });
  bench.apply({ monitor: [liveMonitor({ port: origin.port })], pool: [livePool()] });
  await bench.verdict(POOL);
  await nextProbe(bench);
  origin.up = false;
  await nextProbe(bench);
  const of = { level: 30, msg: 'origin health changed', pool: 'pool-1', poolId: POOL, origin: 'origin-1' };
  const where = { ...of, address: '127.0.0.1' };
  expect(lines).toEqual([
    { ...where, from: 'unknown', to: 'healthy', reason: 'No failures' },
    { ...where, from: 'healthy', to: 'unhealthy', reason: 'Response code mismatch error' },
  ]);
});

test('T26 T27 a pool with a monitor is down until the first results, and one without is not judged', async () => {
  const silent = await tcpOrigin();
  const asked = new Promise((resolve) => silent.once('connection', resolve));
  const bench = startProber();
  const pool = livePool();
  const bare = livePool({ id: 'pool-bare', monitorId: null });
  bench.apply({ monitor: [liveMonitor({ port: silent.port })], pool: [pool, bare] });
  await asked;
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'unknown', checkedAt: null });
  expect(isPoolHealthy(pool, bench.board)).toBe(false);
  expect(bench.prober.poolHealth(POOL).healthy).toBeNull();
  expect(isPoolHealthy(bare, bench.board)).toBe(true);
  expect(bench.prober.poolHealth('pool-bare')).toEqual({ healthy: null, origins: [], regions: null });
});

test('T28 a pool is healthy with as many healthy origins as it asks for', async () => {
  const bench = startProber();
  const server = await httpOrigin((request, response) =>
    response.writeHead(dead.has(request.headers.host ?? '') ? 500 : 200).end(),
  );
  const dead = new Set(['10.0.0.2']);
  bench.tunnels.connect('tunnel-1');
  const pool = livePool({ minimumOrigins: 2, origins: privateOrigins(3) });
  bench.apply({ route: [liveRoute()], monitor: [liveMonitor({ port: server.port })], pool: [pool] });
  for (const at of [0, 1, 2]) await bench.verdict(POOL, at);
  expect(bench.prober.poolHealth(POOL)).toMatchObject({
    healthy: true,
    origins: [
      { address: '10.0.0.0', state: 'healthy', failureReason: 'No failures', responseCode: 200 },
      { address: '10.0.0.1', state: 'healthy', failureReason: 'No failures', responseCode: 200 },
      {
        address: '10.0.0.2',
        state: 'unhealthy',
        failureReason: 'Response code mismatch error',
        responseCode: 500,
      },
    ],
  });
  dead.add('10.0.0.1');
  bench.clock.advance(60_000);
  await until(() => bench.healthOf(POOL, 1)?.state === 'unhealthy');
  expect(bench.prober.poolHealth(POOL).healthy).toBe(false);
});

test('health survives changes that do not touch the origin, and their names are used from then on', async () => {
  const origin = await switchable();
  const bench = startProber();
  const monitor = liveMonitor({ port: origin.port });
  bench.apply({ monitor: [monitor], pool: [livePool()] });
  const health = await bench.verdict(POOL);
  const renamed = liveOrigin({ name: 'new-origin', weight: 0.5 });
  bench.apply({
    monitor: [{ ...monitor, header: {} }, liveMonitor({ id: 'monitor-2' })],
    pool: [
      livePool({ name: 'new-pool', origins: [liveOrigin({ address: '10.0.0.9', enabled: false }), renamed] }),
    ],
  });
  expect(bench.healthOf(POOL, 1)).toEqual(health);
  expect(origin.requests).toBe(1);
  origin.up = false;
  bench.clock.advance(60_000);
  await until(() => bench.healthOf(POOL, 1)?.state === 'unhealthy');
  expect(bench.transitions.at(-1)).toMatchObject({ poolName: 'new-pool', originName: 'new-origin' });
});

test('a changed monitor makes its origins unknown and probes them at once', async () => {
  const origin = await switchable();
  const bench = startProber();
  const monitor = liveMonitor({ port: origin.port });
  bench.apply({ monitor: [monitor], pool: [livePool()] });
  await bench.verdict(POOL);
  bench.apply({ monitor: [{ ...monitor, expectedCodes: '204' }] });
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'unknown', checkedAt: null });
  expect(await bench.verdict(POOL)).toMatchObject({ failureReason: 'Response code mismatch error' });
  expect(bench.transitions.map(({ to }) => to)).toEqual(['healthy', 'unknown', 'unhealthy']);
});

test('what an origin has passed under one monitor does not count under the next', async () => {
  const origin = await switchable();
  const bench = startProber();
  const monitor = liveMonitor({ port: origin.port });
  bench.apply({ monitor: [monitor], pool: [livePool()] });
  await bench.verdict(POOL);
  origin.up = false;
  bench.apply({ monitor: [{ ...monitor, path: '/other', consecutiveDown: 2 }] });
  await until(() => bench.healthOf(POOL)?.checkedAt);
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'unknown', responseCode: 500 });
});

test('an origin whose address changes starts anew, and the old one leaves the board', async () => {
  const origin = await switchable();
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ port: origin.port })], pool: [livePool()] });
  await bench.verdict(POOL);
  bench.apply({ pool: [livePool({ origins: [liveOrigin({ address: 'localhost' })] })] });
  expect(bench.board.origin(POOL, liveOrigin().key)).toBeUndefined();
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'unknown' });
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy' });
});

test.each([
  ['disabled', { pool: [livePool({ origins: [liveOrigin({ enabled: false })] })] }, {}],
  ['removed from its pool', { pool: [livePool({ origins: [] })] }, {}],
  ['of a disabled pool', { pool: [livePool({ enabled: false })] }, {}],
  ['of a pool that loses its monitor', { pool: [livePool({ monitorId: null })] }, {}],
  ['of a deleted pool', {}, { pool: [POOL] }],
])('an origin that is %s leaves the board and is not probed again', async (_what, upsert, remove) => {
  const origin = await switchable();
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ port: origin.port })], pool: [livePool()] });
  await bench.verdict(POOL);
  await until(() => bench.clock.pending > 0);
  bench.apply(upsert, remove);
  expect(bench.board.origin(POOL, liveOrigin().key)).toBeUndefined();
  expect(bench.clock.pending).toBe(0);
});

test('an enabled origin is probed at once', async () => {
  const origin = await switchable();
  const bench = startProber();
  const off = livePool({ origins: [liveOrigin({ enabled: false })] });
  bench.apply({ monitor: [liveMonitor({ port: origin.port })], pool: [off] });
  bench.apply({ pool: [livePool()] });
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy' });
});

test('what is configured before the prober starts is probed as well', async () => {
  const origin = await switchable();
  const first = startProber();
  first.apply({ monitor: [liveMonitor({ port: origin.port })], pool: [livePool()] });
  await first.verdict(POOL);
  const second = startProber({ store: first.store });
  await until(() => second.board.origin(POOL, liveOrigin().key)?.state === 'healthy');
});

test('two thousand origins are all probed, never more at once than allowed', async () => {
  const held: ServerResponse[] = [];
  let open = false;
  const server = await httpOrigin((_request, response) => {
    if (open) response.end();
    else held.push(response);
  });
  const bench = startProber({ maxInFlight: 100 });
  bench.tunnels.connect('tunnel-1');
  bench.apply({
    route: [liveRoute()],
    monitor: [liveMonitor({ port: server.port })],
    pool: [livePool({ origins: privateOrigins(2_000) })],
  });
  await until(() => held.length === 100);
  open = true;
  for (const response of held) response.end();
  await until(() => bench.transitions.length === 2_000);
  expect(bench.prober.poolHealth(POOL).origins.every(({ state }) => state === 'healthy')).toBe(true);
  expect(bench.tunnels.mostOpen).toBe(100);
});

test('after stopping no socket and no timer is left', async () => {
  const silent = await tcpOrigin();
  const bench = startProber();
  bench.tunnels.connect('tunnel-1');
  const monitor = liveMonitor({ port: silent.port });
  bench.apply({
    route: [liveRoute()],
    monitor: [
      monitor,
      liveMonitor({ ...monitor, id: 'monitor-tls', type: 'https' }),
      liveMonitor({ ...monitor, id: 'monitor-tcp', type: 'tcp' }),
      liveMonitor({ ...monitor, id: 'monitor-dead', port: await closedPort() }),
    ],
    pool: ['monitor-1', 'monitor-tls', 'monitor-tcp', 'monitor-dead'].map((monitorId) =>
      livePool({ id: monitorId, monitorId, origins: privateOrigins(5) }),
    ),
  });
  await until(() => bench.transitions.length === 10 && bench.tunnels.open === 10);
  await bench.prober.stop();
  expect(bench.tunnels.open).toBe(0);
  expect(bench.clock.pending).toBe(0);
  bench.apply({ pool: [livePool({ id: 'late' })] });
  bench.tunnels.disconnect('tunnel-1');
  expect(bench.transitions).toHaveLength(10);
});
