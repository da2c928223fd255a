import { expect, test } from 'vitest';
import type { LiveGroupMember, LiveMonitor } from '../../src/state/snapshot.js';
import { httpOrigin } from '../support/fake-origins.js';
import { liveMonitor, livePool } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const POOL = livePool().id;

/** An origin that is up or down, with a monitor that has found it healthy. */
async function healthyOrigin(fields: Partial<LiveMonitor> = {}) {
  const origin = { up: true, requests: 0 };
  const { port } = await httpOrigin((_request, response) => {
    origin.requests += 1;
    response.writeHead(origin.up ? 200 : 500).end();
  });
  const bench = startProber();
  const monitor = liveMonitor({ port, ...fields });
  bench.apply({ monitor: [monitor], pool: [livePool()] });
  async function nextProbe(ms = 60_000): Promise<void> {
    await until(() => bench.healthOf(POOL)?.checkedAt && bench.clock.pending > 0);
    bench.clock.advance(ms);
    await until(() => bench.healthOf(POOL)?.checkedAt === bench.clock.now());
  }
  while (bench.healthOf(POOL)?.state !== 'healthy') {
    await until(() => bench.healthOf(POOL)?.checkedAt);
    if (bench.healthOf(POOL)?.state !== 'healthy') await nextProbe();
  }
  await until(() => bench.clock.pending === 1);
  return { origin, bench, monitor, nextProbe };
}

const states = (bench: ReturnType<typeof startProber>) => bench.transitions.map(({ to }) => to);

test.each<Partial<LiveMonitor>>([
  { interval: 30 },
  { timeout: 2 },
  { retries: 0 },
  { consecutiveUp: 3 },
  { consecutiveDown: 3 },
  { interval: 120, timeout: 9, retries: 5, consecutiveUp: 2, consecutiveDown: 2 },
])('%o: a verdict stands when the monitor is only scheduled anew', async (fields) => {
  const { bench, monitor, origin } = await healthyOrigin();
  const before = bench.healthOf(POOL);
  bench.apply({ monitor: [{ ...monitor, ...fields }] });
  expect(bench.healthOf(POOL)).toEqual(before);
  expect(states(bench)).toEqual(['healthy']);
  expect(origin.requests).toBe(1);
});

test.each<Partial<LiveMonitor>>([
  { method: 'HEAD' },
  { path: '/other' },
  { header: { Host: ['other.example.com'] } },
  { expectedCodes: '2xx' },
  { expectedBody: 'ok' },
  { followRedirects: true },
  { allowInsecure: true },
  { type: 'tcp' },
])('%o: a verdict is void when something else is asked of the origin', async (fields) => {
  const { bench, monitor } = await healthyOrigin();
  bench.apply({ monitor: [{ ...monitor, ...fields }] });
  expect(states(bench)).toEqual(['healthy', 'unknown']);
});

test('what a monitor of TCP does not ask does not void its verdicts', async () => {
  const { bench, monitor } = await healthyOrigin({ type: 'tcp' });
  bench.apply({ monitor: [{ ...monitor, path: '/health', expectedCodes: '2xx', header: { a: ['b'] } }] });
  expect(states(bench)).toEqual(['healthy']);
});

test('a shorter interval brings the next check within it, and a longer one puts it off', async () => {
  const { bench, monitor, origin, nextProbe } = await healthyOrigin({ interval: 3600 });
  bench.apply({ monitor: [{ ...monitor, interval: 60 }] });
  await nextProbe(60_000);
  expect(origin.requests).toBe(2);
  await until(() => bench.clock.pending === 1);
  bench.apply({ monitor: [{ ...monitor, interval: 600 }] });
  bench.clock.advance(0);
  await nextProbe(600_000);
  expect(origin.requests).toBe(3);
});

test('failures so far that are enough for a lower consecutive_down turn the state at once', async () => {
  const { bench, monitor, origin, nextProbe } = await healthyOrigin({ consecutiveDown: 5 });
  origin.up = false;
  await nextProbe();
  await nextProbe();
  bench.apply({ monitor: [{ ...monitor, consecutiveDown: 3 }] });
  expect(bench.healthOf(POOL)?.state).toBe('healthy');
  bench.apply({ monitor: [{ ...monitor, consecutiveDown: 2 }] });
  expect(bench.healthOf(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'Response code mismatch error',
  });
});

test('failures so far go on to a higher consecutive_down, and a verdict is not taken back by one', async () => {
  const { bench, monitor, origin, nextProbe } = await healthyOrigin({ consecutiveDown: 3 });
  origin.up = false;
  await nextProbe();
  bench.apply({ monitor: [{ ...monitor, consecutiveDown: 4 }] });
  await nextProbe();
  await nextProbe();
  expect(bench.healthOf(POOL)?.state).toBe('healthy');
  await nextProbe();
  expect(bench.healthOf(POOL)?.state).toBe('unhealthy');
  bench.apply({ monitor: [{ ...monitor, consecutiveDown: 9 }] });
  expect(bench.healthOf(POOL)?.state).toBe('unhealthy');
});

test('passes so far that are enough for a lower consecutive_up turn the state at once', async () => {
  const { bench, monitor, origin, nextProbe } = await healthyOrigin({ consecutiveUp: 3 });
  origin.up = false;
  await nextProbe();
  origin.up = true;
  await nextProbe();
  expect(bench.healthOf(POOL)?.state).toBe('unhealthy');
  bench.apply({ monitor: [{ ...monitor, consecutiveUp: 1 }] });
  expect(bench.healthOf(POOL)).toMatchObject({ state: 'healthy', failureReason: 'No failures' });
});

test('a check under way when the monitor is tuned counts', async () => {
  let answer = () => {};
  let asked = 0;
  const { port } = await httpOrigin((_request, response) => {
    asked += 1;
    answer = () => response.end();
  });
  const bench = startProber();
  const monitor = liveMonitor({ port });
  bench.apply({ monitor: [monitor], pool: [livePool()] });
  await until(() => asked === 1);
  bench.apply({ monitor: [{ ...monitor, interval: 30, timeout: 9 }] });
  answer();
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy' });
  expect(asked).toBe(1);
});

const member = (monitorId: string, fields: Partial<LiveGroupMember> = {}): LiveGroupMember => ({
  monitorId,
  monitoringOnly: false,
  mustBeHealthy: false,
  ...fields,
});

/** A group of which `a` has found the origin healthy; `b` is no member, and the origin lets it wait for its answer. */
async function healthyGroup() {
  const held: ((status: number) => void)[] = [];
  const { port } = await httpOrigin(({ url }, response) => {
    if (url === '/a') response.end();
    else held.push((status) => response.writeHead(status).end());
  });
  const bench = startProber();
  const pool = livePool({ monitorId: null, monitorGroupId: 'group' });
  bench.apply({
    monitor: ['a', 'b'].map((id) => liveMonitor({ id, path: `/${id}`, port })),
    monitor_group: [{ id: 'group', members: [member('a')] }],
    pool: [pool],
  });
  await bench.verdict(POOL);
  return { bench, held };
}

test('flags of a group’s members do not void a verdict', async () => {
  const { bench } = await healthyGroup();
  for (const fields of [{ mustBeHealthy: true }, {}, { mustBeHealthy: true }])
    bench.apply({ monitor_group: [{ id: 'group', members: [member('a', fields)] }] });
  expect(states(bench)).toEqual(['healthy']);
});

test('a member that joins a group has no say before it has come to a verdict of its own', async () => {
  const { bench, held } = await healthyGroup();
  bench.apply({
    monitor_group: [{ id: 'group', members: [member('a'), member('b', { mustBeHealthy: true })] }],
  });
  await until(() => held.length === 1);
  expect(bench.healthOf(POOL)?.state).toBe('healthy');
  held[0]!(500);
  await until(() => bench.healthOf(POOL)?.state === 'unhealthy');
  expect(states(bench)).toEqual(['healthy', 'unhealthy']);
});

test('members that replace all others leave nothing that a verdict could stand on', async () => {
  const { bench } = await healthyGroup();
  bench.apply({ monitor_group: [{ id: 'group', members: [member('b')] }] });
  expect(bench.healthOf(POOL)?.state).toBe('unknown');
});
