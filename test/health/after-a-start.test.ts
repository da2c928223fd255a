import { expect, test } from 'vitest';
import type { StoredHealth } from '../../src/state/health-board.js';
import { closedPort, httpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const POOL = livePool().id;
const privateOrigin = liveOrigin({ address: '10.0.0.1', virtualNetworkId: 'vnet-1' });

const stored = (fields: Partial<StoredHealth> = {}): StoredHealth => ({
  poolId: POOL,
  originName: 'origin-1',
  address: '127.0.0.1',
  healthy: true,
  failureReason: 'No failures',
  ...fields,
});

test('the last verdict stands until the first result, and one that says the same is no transition', async () => {
  const server = await httpOrigin((_request, response) => response.end());
  const bench = startProber({ storedHealth: [stored()] });
  bench.apply({ monitor: [liveMonitor({ port: server.port })], pool: [livePool()] });
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'healthy', checkedAt: null });
  await until(() => bench.healthOf(POOL)?.checkedAt !== null);
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'healthy', responseCode: 200 });
  expect(bench.transitions).toEqual([]);
});

test('a result against the last verdict turns it as it would have without the restart', async () => {
  const bench = startProber({ storedHealth: [stored()] });
  const monitor = liveMonitor({ port: await closedPort(), consecutiveDown: 2, interval: 60, retries: 0 });
  bench.apply({ monitor: [monitor], pool: [livePool()] });
  await until(() => bench.healthOf(POOL)?.checkedAt !== null);
  expect(bench.healthOf(POOL)?.state).toBe('healthy');
  bench.clock.advance(60_000);
  await until(() => bench.transitions.length > 0);
  expect(bench.transitions).toMatchObject([{ from: 'healthy', to: 'unhealthy' }]);
});

test('the last verdict is for those of the start alone', async () => {
  const bench = startProber({ storedHealth: [stored()] });
  bench.apply({ monitor: [liveMonitor()] });
  bench.apply({ pool: [livePool()] });
  expect(bench.healthOf(POOL)?.state).toBe('unknown');
});

test('of an origin behind a tunnel that is on its way back nothing is told before it is there', async () => {
  const server = await httpOrigin((_request, response) => response.end());
  const bench = startProber({ storedHealth: [stored({ address: '10.0.0.1' })] });
  bench.tunnels.await('tunnel-1');
  bench.apply({
    route: [liveRoute()],
    monitor: [liveMonitor({ port: server.port })],
    pool: [livePool({ origins: [privateOrigin] })],
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'healthy', checkedAt: null });
  bench.tunnels.connect('tunnel-1');
  await until(() => bench.healthOf(POOL)?.checkedAt !== null);
  expect(bench.transitions).toEqual([]);
});

test('a tunnel that has had its time takes its origins down, once', async () => {
  const bench = startProber({ storedHealth: [stored({ address: '10.0.0.1' })] });
  bench.tunnels.await('tunnel-1');
  bench.apply({
    route: [liveRoute()],
    monitor: [liveMonitor()],
    pool: [livePool({ origins: [privateOrigin] })],
  });
  expect(bench.transitions).toEqual([]);
  bench.tunnels.giveUp('tunnel-1');
  await until(() => bench.transitions.length > 0);
  expect(bench.transitions).toMatchObject([
    { from: 'healthy', to: 'unhealthy', failureReason: 'Network Unreachable' },
  ]);
});
