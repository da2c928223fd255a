import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { PoolEvent } from '../../src/bridge/messages.js';
import { createPoolEvents } from '../../src/health/reports/pool-health.js';
import { type HealthState, UNKNOWN_HEALTH } from '../../src/state/health-board.js';
import type { LiveOrigin } from '../../src/state/snapshot.js';
import { createFakeClock } from '../support/fake-clock.js';
import { httpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const POOL = livePool().id;

/** A bench that collects events of what its prober, or `turn`, does. */
function startEvents() {
  const bench = startProber();
  const events: PoolEvent[] = [];
  const { store, board, clock } = bench;
  const collector = createPoolEvents({
    ...{ store, health: board, clock, real: createFakeClock() },
    emit: (event) => events.push(event),
  });
  bench.prober.onTransition(collector.record);
  return {
    ...bench,
    events,
    collector,
    window: () => clock.advance(250),
    /** As if the origin's health had turned. */
    turn(origin: LiveOrigin, to: HealthState): void {
      const from = board.origin(POOL, origin.key)?.state ?? 'unknown';
      board.set(POOL, origin.key, { ...UNKNOWN_HEALTH, state: to });
      collector.record({
        poolId: POOL,
        poolName: 'pool-1',
        originKey: origin.key,
        originName: origin.name,
        address: origin.address,
        from,
        to,
        failureReason: 'No failures',
        failureDetail: null,
        at: clock.now(),
      });
    },
  };
}

test('T37 an origin that turns is one event with its pool and all origins as they are then, a steady one none', async () => {
  let up = true;
  const server = await httpOrigin((_request: IncomingMessage, response: ServerResponse) =>
    response.writeHead(up ? 200 : 500).end(),
  );
  const bench = startEvents();
  const disabled = liveOrigin({ name: 'off', address: 'app.example.com', enabled: false });
  bench.apply({
    monitor: [liveMonitor({ port: server.port })],
    pool: [livePool({ origins: [liveOrigin(), disabled] })],
  });
  await bench.verdict(POOL);
  const turnedAt = bench.clock.now();
  bench.window();
  const origin = { name: 'origin-1', address: '127.0.0.1', ip: '127.0.0.1', enabled: true };
  const other = {
    name: 'off',
    address: 'app.example.com',
    ip: null,
    enabled: false,
    healthy: false,
    changed: false,
    failureReason: 'No failures',
  };
  const { notifications } = livePool();
  const pool = { accountId: 'account-1', poolId: POOL, poolName: 'pool-1', minimumOrigins: 1, notifications };
  expect(bench.events).toEqual([
    {
      ...pool,
      at: turnedAt,
      healthy: true,
      changed: true,
      origins: [{ ...origin, healthy: true, changed: true, failureReason: 'No failures' }, other],
    },
  ]);
  for (const state of [true, false, false]) {
    up = state;
    await until(() => bench.clock.pending === 1);
    bench.clock.advance(60_000);
    await until(() => bench.healthOf(POOL)?.checkedAt === bench.clock.now());
    bench.window();
  }
  expect(bench.events.slice(1)).toEqual([
    {
      ...pool,
      at: expect.any(Number),
      healthy: false,
      changed: true,
      origins: [
        { ...origin, healthy: false, changed: true, failureReason: 'Response code mismatch error' },
        other,
      ],
    },
  ]);
});

test('the pool has changed only when it has crossed its minimum', () => {
  const bench = startEvents();
  const [a, b, c] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => liveOrigin({ address }));
  bench.apply({ pool: [livePool({ origins: [a!, b!, c!], minimumOrigins: 2 })] });
  const steps = [
    [a!, 'healthy'],
    [b!, 'healthy'],
    [c!, 'healthy'],
    [a!, 'unhealthy'],
    [b!, 'unhealthy'],
  ] as const;
  for (const [origin, to] of steps) {
    bench.turn(origin, to);
    bench.window();
  }
  expect(bench.events.map(({ healthy, changed }) => [healthy, changed])).toEqual([
    [false, false],
    [true, true],
    [true, false],
    [true, false],
    [false, true],
  ]);
});

test('what happens to a pool at the same time is one event', async () => {
  const bench = startEvents();
  const origins = Array.from({ length: 30 }, (_, at) =>
    liveOrigin({ address: `10.0.0.${at + 1}`, virtualNetworkId: 'vnet-1' }),
  );
  bench.apply({ route: [liveRoute()], monitor: [liveMonitor()], pool: [livePool({ origins })] });
  await until(() => bench.transitions.length === 30);
  bench.window();
  expect(bench.events).toHaveLength(1);
  expect(bench.events[0]!.origins.filter(({ changed }) => changed)).toHaveLength(30);
  expect(bench.events[0]).toMatchObject({ healthy: false, changed: false });
});

test('an origin that is back where it was, or waits for a result, or has gone, is no event', () => {
  const bench = startEvents();
  const origin = liveOrigin();
  bench.apply({ pool: [livePool()] });
  bench.turn(origin, 'healthy');
  bench.window();
  for (const to of ['unhealthy', 'healthy'] as const) bench.turn(origin, to);
  bench.window();
  bench.turn(origin, 'unknown');
  bench.window();
  bench.turn(origin, 'unhealthy');
  bench.apply({}, { pool: [POOL] });
  bench.window();
  expect(bench.events).toHaveLength(1);
  expect(bench.clock.pending).toBe(0);
});

test('of a pool with many origins only those that have changed are named', () => {
  const bench = startEvents();
  const origins = Array.from({ length: 101 }, (_, at) => liveOrigin({ address: `10.0.1.${at}` }));
  bench.apply({ pool: [livePool({ origins })] });
  bench.turn(origins[7]!, 'unhealthy');
  bench.collector.flush();
  expect(bench.events[0]!.origins).toMatchObject([{ address: '10.0.1.7', changed: true }]);
  for (const origin of origins) bench.turn(origin, 'healthy');
  bench.collector.flush();
  expect(bench.events[1]!.origins).toHaveLength(100);
});
