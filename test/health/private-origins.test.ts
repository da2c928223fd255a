import { expect, test } from 'vitest';
import { closedPort, httpOrigin, tcpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const POOL = livePool().id;
const privateOrigin = liveOrigin({ address: '10.0.0.1', virtualNetworkId: 'vnet-1' });
const privatePool = livePool({ origins: [privateOrigin] });

const CUT_OFF = { state: 'unhealthy', failureReason: 'Network Unreachable', responseCode: 0 };
const NO_ROUTE = { state: 'unhealthy', failureReason: 'No route to host error', responseCode: 0 };

/** A private origin that is up, at the end of a connected tunnel. */
async function healthyPrivateOrigin(monitor: Parameters<typeof liveMonitor>[0] = {}) {
  const server = await httpOrigin((_request, response) => response.end());
  const bench = startProber();
  bench.tunnels.connect('tunnel-1');
  bench.apply({
    route: [liveRoute()],
    monitor: [liveMonitor({ port: server.port, ...monitor })],
    pool: [privatePool],
  });
  return { bench, port: server.port };
}

test('T41 a private origin without a route is down and nothing is dialled', async () => {
  const bench = startProber();
  bench.tunnels.connect('tunnel-1');
  bench.apply({
    route: [liveRoute({ network: '10.9.0.0/16' }), liveRoute({ id: 'route-2', virtualNetworkId: 'vnet-2' })],
    monitor: [liveMonitor({ consecutiveDown: 3 })],
    pool: [privatePool],
  });
  expect(await bench.verdict(POOL)).toMatchObject(NO_ROUTE);
  expect(bench.tunnels.dialled).toEqual([]);
});

test('T42 a private origin behind a tunnel without a connection is down and nothing is dialled', async () => {
  const bench = startProber();
  bench.apply({ route: [liveRoute()], monitor: [liveMonitor()], pool: [privatePool] });
  expect(await bench.verdict(POOL)).toMatchObject(CUT_OFF);
  expect(bench.tunnels.dialled).toEqual([]);
});

test('a private host name is down, for names cannot be routed', async () => {
  const bench = startProber();
  const origin = liveOrigin({ address: 'db.internal', virtualNetworkId: 'vnet-1' });
  bench.apply({
    route: [liveRoute()],
    monitor: [liveMonitor()],
    pool: [livePool({ origins: [origin] })],
  });
  expect(await bench.verdict(POOL)).toMatchObject(NO_ROUTE);
});

test('a private origin is probed through the tunnel of its longest route', async () => {
  const { bench, port } = await healthyPrivateOrigin();
  bench.tunnels.connect('tunnel-2');
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy', responseCode: 200 });
  bench.apply({ route: [liveRoute({ id: 'route-2', network: '10.0.0.1/32', tunnelId: 'tunnel-2' })] });
  await until(() => bench.tunnels.dialled.length === 2);
  expect(bench.tunnels.dialled).toEqual([
    { tunnelId: 'tunnel-1', host: '10.0.0.1', port },
    { tunnelId: 'tunnel-2', host: '10.0.0.1', port },
  ]);
});

test('T44 a healthy tunnel does not make a dead target healthy', async () => {
  const bench = startProber();
  bench.tunnels.connect('tunnel-1');
  bench.apply({
    route: [liveRoute()],
    monitor: [liveMonitor({ port: await closedPort() })],
    pool: [privatePool],
  });
  expect(await bench.verdict(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'TCP connection failed',
  });
});

test('an origin goes down at once when its tunnel loses the last connection', async () => {
  const { bench } = await healthyPrivateOrigin({ consecutiveDown: 5 });
  await bench.verdict(POOL);
  bench.tunnels.disconnect('tunnel-1');
  expect(bench.healthOf(POOL)).toMatchObject(CUT_OFF);
  expect(bench.transitions.map(({ from, to, failureReason }) => [from, to, failureReason])).toEqual([
    ['unknown', 'healthy', 'No failures'],
    ['healthy', 'unhealthy', 'Network Unreachable'],
  ]);
});

test('the answer of a probe that was under way when the tunnel went does not bring the origin back', async () => {
  let finish = () => {};
  const server = await httpOrigin((_request, response) => {
    finish = () => response.end();
  });
  const asked = new Promise((resolve) => server.once('request', resolve));
  const bench = startProber();
  bench.tunnels.connect('tunnel-1');
  bench.apply({ route: [liveRoute()], monitor: [liveMonitor({ port: server.port })], pool: [privatePool] });
  await asked;
  bench.tunnels.disconnect('tunnel-1');
  finish();
  await until(async () => (await connectionsOf(server)) === 0 || undefined);
  expect(bench.healthOf(POOL)).toMatchObject(CUT_OFF);
});

const connectionsOf = (server: {
  getConnections(done: (error: Error | null, count: number) => void): unknown;
}) => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));

test('T46 when its tunnel is back an origin is probed at once and needs its passes in a row', async () => {
  const { bench } = await healthyPrivateOrigin({ consecutiveUp: 2 });
  const probes = (count: number) =>
    until(() => bench.tunnels.dialled.length === count && bench.clock.pending > 0);
  await until(() => bench.healthOf(POOL)?.checkedAt);
  bench.clock.advance(60_000);
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy' });
  bench.tunnels.disconnect('tunnel-1');
  const lostAt = bench.clock.now();
  bench.clock.advance(5_000);
  bench.tunnels.connect('tunnel-1');
  await until(() => bench.healthOf(POOL)!.checkedAt! > lostAt);
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'unhealthy', failureReason: 'Network Unreachable' });
  await probes(3);
  bench.clock.advance(60_000);
  await until(() => bench.healthOf(POOL)?.state === 'healthy');
});

test('an origin on another tunnel is left alone when a tunnel goes', async () => {
  const { bench } = await healthyPrivateOrigin();
  await bench.verdict(POOL);
  bench.tunnels.connect('tunnel-2');
  bench.tunnels.disconnect('tunnel-2');
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'healthy' });
  expect(bench.tunnels.dialled).toHaveLength(1);
});

test('an origin that is no longer probed does not come back to the board with its tunnel', async () => {
  const { bench } = await healthyPrivateOrigin();
  await bench.verdict(POOL);
  bench.apply({}, { pool: [POOL] });
  bench.tunnels.disconnect('tunnel-1');
  bench.apply({}, { route: ['route-1'] });
  expect(bench.board.origin(POOL, privateOrigin.key)).toBeUndefined();
  expect(bench.clock.pending).toBe(0);
});

test('an origin goes down at once when its route is deleted, and is probed at once when it is back', async () => {
  const { bench } = await healthyPrivateOrigin({ consecutiveDown: 5 });
  await bench.verdict(POOL);
  bench.apply({}, { route: ['route-1'] });
  expect(bench.healthOf(POOL)).toMatchObject(NO_ROUTE);
  bench.apply({ route: [liveRoute()] });
  await until(() => bench.healthOf(POOL)?.state === 'healthy');
  expect(bench.tunnels.dialled).toHaveLength(2);
});

test('a change that leads an origin the same way does not probe it', async () => {
  const { bench } = await healthyPrivateOrigin();
  await bench.verdict(POOL);
  bench.apply({ route: [liveRoute(), liveRoute({ id: 'route-2', network: '172.16.0.0/12' })] });
  bench.clock.advance(59_999);
  await new Promise(setImmediate);
  expect(bench.tunnels.dialled).toHaveLength(1);
});

test('a redirect of a private origin is followed on the same address only', async () => {
  let location = '';
  const server = await httpOrigin((request, response) => {
    if (request.url === '/ok') response.end();
    else response.writeHead(302, { location }).end();
  });
  const bench = startProber();
  bench.tunnels.connect('tunnel-1');
  const monitor = liveMonitor({ port: server.port, followRedirects: true });
  location = `http://10.0.0.1:${server.port}/ok`;
  bench.apply({ route: [liveRoute()], monitor: [monitor], pool: [privatePool] });
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy', responseCode: 200 });
  location = `http://10.0.0.2:${server.port}/ok`;
  bench.clock.advance(60_000);
  await until(() => bench.healthOf(POOL)?.state === 'unhealthy');
  expect(bench.healthOf(POOL)).toMatchObject({
    failureReason: 'Response code mismatch error',
    responseCode: 302,
  });
  expect(bench.tunnels.dialled.map(({ host }) => host)).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.1']);
  expect(bench.tunnels.mostOpen).toBe(1);
});

test('a public origin is none of a tunnel’s business', async () => {
  const server = await tcpOrigin();
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ type: 'tcp', port: server.port })], pool: [livePool()] });
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy' });
  bench.tunnels.disconnect('tunnel-1');
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'healthy' });
});
