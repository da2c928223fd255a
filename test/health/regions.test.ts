import { expect, test } from 'vitest';
import type { HealthFault } from '../../src/bridge/faults.js';
import { isPoolHealthy } from '../../src/state/pool-health.js';
import type { LiveMonitor, LivePool } from '../../src/state/snapshot.js';
import { httpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const POOL = livePool().id;

const fault = (region: string | null, fields: Partial<HealthFault> = {}): HealthFault => ({
  on: 'health',
  name: 'a fault',
  number: 1,
  seconds: null,
  region,
  pool: null,
  address: '127.0.0.1',
  reason: 'TCP connection failed',
  latencyMs: 0,
  ...fields,
});

/** A pool that these regions check, with one origin that is up. */
async function checkedBy(
  checkRegions: readonly string[] | null,
  { monitor = {}, pool = {} }: { monitor?: Partial<LiveMonitor>; pool?: Partial<LivePool> } = {},
) {
  const origin = { up: true, requests: 0 };
  const { port } = await httpOrigin((_request, response) => {
    origin.requests += 1;
    response.writeHead(origin.up ? 200 : 500).end();
  });
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ port, ...monitor })], pool: [livePool({ checkRegions, ...pool })] });
  await until(() => bench.healthOf(POOL)?.checkedAt);
  return {
    ...bench,
    origin,
    regions: () => Object.fromEntries(bench.healthOf(POOL)?.regions ?? []),
    async nextProbe() {
      await until(() => bench.clock.pending > 0);
      bench.clock.advance(60_000);
      await until(() => bench.healthOf(POOL)?.checkedAt === bench.clock.now());
    },
  };
}

test('one probe is what every region that checks the pool finds', async () => {
  const { regions, origin, healthOf, nextProbe } = await checkedBy(['WEU', 'ENAM', 'OC']);
  expect(regions()).toEqual({ WEU: 'healthy', ENAM: 'healthy', OC: 'healthy' });
  expect(origin.requests).toBe(1);
  origin.up = false;
  await nextProbe();
  expect(regions()).toEqual({ WEU: 'unhealthy', ENAM: 'unhealthy', OC: 'unhealthy' });
  expect(healthOf(POOL)?.state).toBe('unhealthy');
  expect(origin.requests).toBe(2);
});

test('a pool that no regions check is judged by this place alone', async () => {
  const { healthOf, prober } = await checkedBy(null);
  expect(healthOf(POOL)).toMatchObject({ state: 'healthy', regions: null });
  prober.faults.set([fault('WEU')]);
  expect(healthOf(POOL)?.state).toBe('healthy');
  prober.faults.set([fault(null)]);
  expect(healthOf(POOL)).toMatchObject({ state: 'unhealthy', failureReason: 'TCP connection failed' });
  expect(prober.poolHealth(POOL).regions).toBeNull();
});

test('T30 an origin is healthy while more than half of the regions find it so', async () => {
  const { prober, regions, healthOf, transitions } = await checkedBy(['WEU', 'ENAM', 'OC']);
  prober.faults.set([fault('WEU')]);
  expect(regions()).toEqual({ WEU: 'unhealthy', ENAM: 'healthy', OC: 'healthy' });
  expect(healthOf(POOL)?.state).toBe('healthy');
  expect(transitions).toHaveLength(1);
  prober.faults.set([fault('WEU'), fault('OC', { reason: 'TCP Timeout' })]);
  expect(healthOf(POOL)).toMatchObject({ state: 'unhealthy', failureReason: 'TCP connection failed' });
  expect(transitions.map(({ to }) => to)).toEqual(['healthy', 'unhealthy']);
  prober.faults.set([]);
  expect(healthOf(POOL)).toMatchObject({ state: 'healthy', failureReason: 'No failures', responseCode: 200 });
});

test('T30 of two regions one is no majority', async () => {
  const { prober, healthOf } = await checkedBy(['WEU', 'ENAM']);
  prober.faults.set([fault('ENAM')]);
  expect(healthOf(POOL)?.state).toBe('unhealthy');
});

test('each region shows its own verdict', async () => {
  const { prober } = await checkedBy(['WEU', 'ENAM', 'OC']);
  prober.faults.set([fault('WEU', { reason: 'TCP Timeout' })]);
  expect(prober.poolHealth(POOL)).toMatchObject({
    healthy: true,
    origins: [{ state: 'healthy' }],
    regions: [
      {
        region: 'WEU',
        healthy: false,
        origins: [
          { address: '127.0.0.1', state: 'unhealthy', failureReason: 'TCP Timeout', responseCode: 0 },
        ],
      },
      { region: 'ENAM', healthy: true, origins: [{ state: 'healthy', responseCode: 200 }] },
      { region: 'OC', healthy: true },
    ],
  });
});

test('T31 a request is served by what its region finds, and elsewhere by what all find', async () => {
  const { prober, board, store } = await checkedBy(['WEU', 'WNAM', 'OC'], {
    pool: { healthSources: 'regional' },
  });
  prober.faults.set([fault('WEU')]);
  const pool = store.snapshot.pools.get(POOL)!;
  const usable = (region: string) => isPoolHealthy(pool, board, region);
  expect(['WEU', 'WNAM', 'OC', 'ENAM', ''].filter(usable)).toEqual(['WNAM', 'OC', 'ENAM', '']);
  prober.faults.set([fault('WEU'), fault('OC')]);
  expect(['WEU', 'WNAM', 'OC', 'ENAM', ''].filter(usable)).toEqual(['WNAM']);
});

test('the thresholds count in each region by itself', async () => {
  const { prober, regions, nextProbe } = await checkedBy(['WEU', 'ENAM', 'OC'], {
    monitor: { consecutiveDown: 2, consecutiveUp: 2 },
  });
  await nextProbe();
  prober.faults.set([fault('WEU')]);
  expect(regions()).toMatchObject({ WEU: 'healthy', ENAM: 'healthy' });
  await nextProbe();
  expect(regions()).toMatchObject({ WEU: 'unhealthy', ENAM: 'healthy' });
  prober.faults.set([]);
  expect(regions()).toMatchObject({ WEU: 'unhealthy' });
  await nextProbe();
  expect(regions()).toMatchObject({ WEU: 'healthy' });
});

test('a region that comes to check a pool takes over what the others have found, without a probe', async () => {
  const { apply, store, regions, origin } = await checkedBy(['WEU']);
  const pool = store.snapshot.pools.get(POOL)!;
  apply({ pool: [{ ...pool, checkRegions: ['WEU', 'OC'] }] });
  expect(regions()).toEqual({ WEU: 'healthy', OC: 'healthy' });
  apply({ pool: [{ ...pool, checkRegions: null }] });
  expect(regions()).toEqual({});
  expect(origin.requests).toBe(1);
});

test('a region that sees a fault sees it as soon as it comes to check the pool', async () => {
  const { prober, apply, store, regions } = await checkedBy(['WEU']);
  prober.faults.set([fault('OC')]);
  apply({ pool: [{ ...store.snapshot.pools.get(POOL)!, checkRegions: ['WEU', 'OC'] }] });
  expect(regions()).toEqual({ WEU: 'healthy', OC: 'unhealthy' });
});

test("a fault of another pool or another address is nobody's business", async () => {
  const { prober, healthOf } = await checkedBy(null);
  prober.faults.set([fault(null, { pool: 'b'.repeat(32) }), fault(null, { address: '127.0.0.2' })]);
  expect(healthOf(POOL)?.state).toBe('healthy');
  prober.faults.set([fault(null, { pool: POOL })]);
  expect(healthOf(POOL)?.state).toBe('unhealthy');
});

test('a fault that is there before the first result shows in it', async () => {
  const bench = startProber();
  const { port } = await httpOrigin((_request, response) => response.end());
  bench.prober.faults.set([fault(null)]);
  bench.apply({ monitor: [liveMonitor({ port })], pool: [livePool()] });
  expect(await bench.verdict(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'TCP connection failed',
  });
});

test('a latency fault adds to each round trip from the next one on', async () => {
  const { prober, healthOf, nextProbe } = await checkedBy(['WEU', 'OC']);
  prober.faults.set([fault(null, { reason: null, latencyMs: 500 })]);
  await nextProbe();
  expect(healthOf(POOL)).toMatchObject({ state: 'healthy' });
  expect(healthOf(POOL)!.rttMs).toBeGreaterThanOrEqual(500);
  prober.faults.set([]);
  await nextProbe();
  // The clock of the test stands still while a probe is under way.
  expect(healthOf(POOL)).toMatchObject({ rttMs: 0, latencyMs: 0 });
});

test('a group votes in each region, and the regions among each other', async () => {
  const down = new Set<string>();
  const { port } = await httpOrigin(({ url = '' }, response) =>
    response.writeHead(down.has(url) ? 500 : 200).end(),
  );
  const bench = startProber();
  const member = { monitoringOnly: false, mustBeHealthy: false };
  bench.apply({
    monitor: ['a', 'b', 'c'].map((id) => liveMonitor({ id, path: `/${id}`, port })),
    monitor_group: [
      { id: 'group-1', members: ['a', 'b', 'c'].map((monitorId) => ({ monitorId, ...member })) },
    ],
    pool: [livePool({ monitorId: null, monitorGroupId: 'group-1', checkRegions: ['WEU', 'ENAM', 'OC'] })],
  });
  await until(() => bench.healthOf(POOL)?.state === 'healthy');
  bench.prober.faults.set([fault('WEU')]);
  expect(Object.fromEntries(bench.healthOf(POOL)!.regions!)).toEqual({
    WEU: 'unhealthy',
    ENAM: 'healthy',
    OC: 'healthy',
  });
  expect(bench.healthOf(POOL)?.state).toBe('healthy');
});

test('an origin without a way is down in every region, whatever they are made to see', async () => {
  const bench = startProber();
  const origin = liveOrigin({ address: '10.0.0.1', virtualNetworkId: 'vnet-1' });
  bench.prober.faults.set([fault('WEU', { address: '10.0.0.1' })]);
  bench.apply({
    monitor: [liveMonitor()],
    pool: [livePool({ checkRegions: ['WEU', 'OC'], origins: [origin] })],
  });
  expect(await bench.verdict(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'No route to host error',
  });
  expect(bench.prober.poolHealth(POOL).regions).toMatchObject([
    { region: 'WEU', origins: [{ failureReason: 'No route to host error' }] },
    { region: 'OC', origins: [{ failureReason: 'No route to host error' }] },
  ]);
});
