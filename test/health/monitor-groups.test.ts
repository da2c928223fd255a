import { pino } from 'pino';
import { expect, test } from 'vitest';
import { isPoolHealthy } from '../../src/state/pool-health.js';
import type { LiveGroupMember } from '../../src/state/snapshot.js';
import { httpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const pool = livePool({ monitorId: null, monitorGroupId: 'group-1' });
const POOL = pool.id;

/** An origin that answers each path with 200, or with 500 while the path is in `down`. */
async function origin() {
  const down = new Set<string>();
  const asked: string[] = [];
  const { port } = await httpOrigin(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(down.has(url) ? 500 : 200).end();
  });
  return { port, down, asked };
}

const member = (monitorId: string, fields: Partial<LiveGroupMember> = {}): LiveGroupMember => ({
  monitorId,
  monitoringOnly: false,
  mustBeHealthy: false,
  ...fields,
});

const group = (...members: LiveGroupMember[]) => [{ id: 'group-1', members }];
const monitorAt =
  (port: number) =>
  (path: string, fields: object = {}) =>
    liveMonitor({ id: path, path: `/${path}`, port, ...fields });

type Bench = ReturnType<typeof startProber>;

/** Lets the next interval of all monitors begin and waits for `count` more requests' results. */
async function nextProbes(bench: Bench, asked: string[], count: number): Promise<void> {
  const before = asked.length;
  await until(() => bench.clock.pending >= count);
  bench.clock.advance(60_000);
  await until(() => asked.length >= before + count && bench.healthOf(POOL)?.checkedAt === bench.clock.now());
  await until(() => bench.clock.pending === count);
}

test('T34 an origin is unhealthy when more than half of the monitors of its group say so', async () => {
  const { port, down, asked } = await origin();
  const bench = startProber();
  const monitor = monitorAt(port);
  bench.apply({
    monitor: [monitor('a'), monitor('b'), monitor('c')],
    monitor_group: group(member('a'), member('b'), member('c')),
    pool: [pool],
  });
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy' });
  await until(() => asked.length === 3);
  down.add('/a');
  await nextProbes(bench, asked, 3);
  expect(bench.healthOf(POOL)?.state).toBe('healthy');
  down.add('/b');
  await nextProbes(bench, asked, 3);
  expect(bench.healthOf(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'Response code mismatch error',
    responseCode: 500,
  });
  expect(isPoolHealthy(pool, bench.board)).toBe(false);
  expect(bench.transitions.map(({ from, to }) => `${from} > ${to}`)).toEqual([
    'unknown > healthy',
    'healthy > unhealthy',
  ]);
});

test('T33 T35 a monitor that must find the origin healthy decides alone, and one that only monitors is only heard', async () => {
  const { port, down, asked } = await origin();
  const lines: { monitorId?: string; to: string }[] = [];
  const bench = startProber({ log: pino({}, { write: (line) => lines.push(JSON.parse(line)) }) });
  const monitor = monitorAt(port);
  const members = [
    member('key', { mustBeHealthy: true }),
    member('b'),
    member('quiet', { monitoringOnly: true }),
  ];
  bench.apply({
    monitor: [monitor('key'), monitor('b'), monitor('quiet')],
    monitor_group: group(...members),
    pool: [pool],
  });
  await until(() => asked.length === 3 && bench.healthOf(POOL)?.state === 'healthy');
  down.add('/quiet');
  await nextProbes(bench, asked, 3);
  expect(bench.healthOf(POOL)?.state).toBe('healthy');
  expect(lines).toContainEqual(
    expect.objectContaining({ monitorId: 'quiet', from: 'healthy', to: 'unhealthy' }),
  );
  down.add('/key');
  await nextProbes(bench, asked, 3);
  // The timeout of a probe that is still under way looks like one that has ended.
  await until(() => bench.healthOf(POOL)?.state === 'unhealthy');
  // What a member counts for is a matter of the group, and takes effect without a probe.
  bench.apply({ monitor_group: group(member('key'), member('b')) });
  expect(bench.healthOf(POOL)?.state).toBe('healthy');
});

test('T36 a member that is new is probed at once, and one that has left no longer', async () => {
  const { port, asked } = await origin();
  const bench = startProber();
  const monitor = monitorAt(port);
  bench.apply({
    monitor: [monitor('a'), monitor('b')],
    monitor_group: group(member('a')),
    pool: [pool],
  });
  await bench.verdict(POOL);
  expect(asked).toEqual(['/a']);
  bench.apply({ monitor_group: group(member('b')) });
  expect(bench.healthOf(POOL)?.state).toBe('unknown');
  await bench.verdict(POOL);
  expect(asked).toEqual(['/a', '/b']);
  await until(() => bench.clock.pending === 1);
  // Only the monitor that has changed starts over.
  bench.apply({ monitor_group: group(member('a'), member('b')) });
  await until(() => asked.length === 3);
  bench.apply({ monitor: [monitor('a', { expectedCodes: '2xx' })] });
  await until(() => asked.length === 4);
  expect(asked.slice(2)).toEqual(['/a', '/a']);
});

test('a group without a member that has a say leaves its pools down, and what its monitor finds is heard', async () => {
  const { port, asked } = await origin();
  const lines: { monitorId?: string; to: string }[] = [];
  const bench = startProber({ log: pino({}, { write: (line) => lines.push(JSON.parse(line)) }) });
  bench.apply({ monitor: [monitorAt(port)('a')], monitor_group: group(), pool: [pool] });
  expect(bench.healthOf(POOL)).toBeUndefined();
  expect(isPoolHealthy(pool, bench.board)).toBe(false);
  bench.apply({ monitor_group: group(member('a', { monitoringOnly: true })) });
  await until(() => asked.length === 1 && bench.healthOf(POOL)?.checkedAt);
  expect(bench.healthOf(POOL)?.state).toBe('unknown');
  expect(lines).toMatchObject([{ monitorId: 'a', from: 'unknown', to: 'healthy' }]);
  expect(isPoolHealthy(pool, bench.board)).toBe(false);
});

test('a private origin is down for all monitors of its group when its tunnel goes, and probed by all when it comes', async () => {
  const { port, asked } = await origin();
  const bench = startProber();
  const monitor = monitorAt(port);
  bench.tunnels.connect('tunnel-1');
  bench.apply({
    route: [liveRoute()],
    monitor: [monitor('a'), monitor('b')],
    monitor_group: group(member('a'), member('b')),
    pool: [{ ...pool, origins: [liveOrigin({ address: '10.0.0.1', virtualNetworkId: 'vnet-1' })] }],
  });
  await until(() => bench.healthOf(POOL)?.state === 'healthy' && asked.length === 2);
  bench.tunnels.disconnect('tunnel-1');
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'unhealthy', failureReason: 'Network Unreachable' });
  bench.tunnels.connect('tunnel-1');
  await until(() => bench.healthOf(POOL)?.state === 'healthy');
  expect(bench.transitions.map(({ to }) => to)).toEqual(['healthy', 'unhealthy', 'healthy']);
});
