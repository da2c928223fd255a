import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { LiveMonitor, LivePool } from '../../src/state/snapshot.js';
import { closedPort, httpOrigin, tcpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';
import { turnsDuring } from '../support/turns.js';

const ACCOUNT = 'account-1';
const log = pino({ enabled: false });

function benchWith(pools: LivePool[]) {
  const bench = startProber({ log });
  bench.apply({ pool: pools });
  const { previews } = bench.prober;
  return {
    ...bench,
    previews,
    preview: (previewId: string, monitor: Partial<LiveMonitor>) =>
      previews.start({
        previewId,
        accountId: ACCOUNT,
        monitor: liveMonitor({ id: 'tried', ...monitor }),
        poolIds: pools.map(({ id }) => id),
      }),
    report: (previewId: string, accountId = ACCOUNT) => previews.report(accountId, previewId),
    finished: (previewId: string, count = 1) =>
      until(() => {
        const report = previews.report(ACCOUNT, previewId);
        return report && report.pools.length >= count ? report.pools : undefined;
      }),
  };
}

const bare = (id: string, fields: Partial<LivePool> = {}) => livePool({ id, monitorId: null, ...fields });

test('every enabled origin is checked once and reported in its order, and nothing else happens', async () => {
  const server = await httpOrigin((_request, response) => response.writeHead(204).end());
  const origins = [
    liveOrigin({ name: 'up' }),
    liveOrigin({ name: 'off', address: '127.0.0.3', enabled: false }),
    liveOrigin({ name: 'gone', address: 'nobody.invalid' }),
  ];
  const bench = benchWith([
    bare('pool-1', { origins, minimumOrigins: 2 }),
    bare('pool-2', { enabled: false }),
  ]);
  const version = bench.board.version;
  bench.preview('p', { port: server.port, expectedCodes: '2xx' });
  const pools = [...(await bench.finished('p', 2))].sort((a, b) => a.poolId.localeCompare(b.poolId));
  expect(pools).toEqual([
    {
      poolId: 'pool-1',
      healthy: false,
      origins: [
        {
          address: '127.0.0.1',
          state: 'healthy',
          failureReason: 'No failures',
          failureDetail: null,
          responseCode: 204,
          rttMs: expect.any(Number),
        },
        {
          address: 'nobody.invalid',
          state: 'unhealthy',
          failureReason: 'DNS Unknown Host',
          failureDetail: expect.stringContaining('getaddrinfo ENOTFOUND nobody.invalid'),
          responseCode: 0,
          rttMs: null,
        },
      ],
    },
    { poolId: 'pool-2', healthy: true, origins: [expect.objectContaining({ state: 'healthy' })] },
  ]);
  expect([bench.board.version, bench.transitions]).toEqual([version, []]);
  expect(bench.healthOf('pool-1')).toBeUndefined();
});

test('T38 live health stays as it is, whatever a preview finds', async () => {
  const server = await tcpOrigin();
  const bench = benchWith([livePool({ monitorId: 'monitor-1' })]);
  bench.apply({ monitor: [liveMonitor({ type: 'tcp', port: server.port })] });
  await bench.verdict(livePool().id);
  const before = bench.healthOf(livePool().id);
  bench.preview('p', { type: 'tcp', port: await closedPort() });
  expect((await bench.finished('p'))[0]?.healthy).toBe(false);
  expect(bench.healthOf(livePool().id)).toEqual(before);
  expect(bench.transitions).toHaveLength(1);
});

test('a private origin is tried by the way that traffic takes, and is down without one', async () => {
  const server = await tcpOrigin();
  const origin = liveOrigin({ address: '10.0.0.1', virtualNetworkId: 'vnet-1' });
  const bench = benchWith([bare('pool-1', { origins: [origin] })]);
  bench.apply({ route: [liveRoute()] });
  bench.preview('before', { type: 'tcp', port: server.port });
  expect((await bench.finished('before'))[0]?.origins[0]?.failureReason).toBe('Network Unreachable');
  bench.tunnels.connect('tunnel-1');
  bench.preview('after', { type: 'tcp', port: server.port });
  expect((await bench.finished('after'))[0]?.healthy).toBe(true);
  expect(bench.tunnels.dialled).toEqual([{ tunnelId: 'tunnel-1', host: '10.0.0.1', port: server.port }]);
});

test('pools that are done are shown while others are not, and an empty pool is done at once', async () => {
  const silent = await tcpOrigin();
  const bench = benchWith([bare('slow'), bare('none', { origins: [liveOrigin({ enabled: false })] })]);
  bench.preview('p', { port: silent.port, retries: 0 });
  expect(await bench.finished('p')).toEqual([{ poolId: 'none', healthy: false, origins: [] }]);
  await until(() => silent.sockets.size === 1);
  bench.clock.advance(5_000);
  expect((await bench.finished('p', 2))[1]).toMatchObject({ poolId: 'slow', healthy: false });
});

test('a preview is its account alone to see, and gone after five minutes', async () => {
  const bench = benchWith([bare('none', { origins: [] })]);
  bench.preview('p', {});
  expect(bench.report('p')).not.toBeNull();
  expect([bench.report('p', 'account-2'), bench.report('q')]).toEqual([null, null]);
  bench.clock.advance(299_999);
  expect(bench.report('p')).not.toBeNull();
  bench.clock.advance(1);
  expect(bench.report('p')).toBeNull();
});

test('of too many previews the oldest go, and their checks end', async () => {
  const silent = await tcpOrigin((socket) => socket.resume());
  const bench = benchWith([bare('slow')]);
  bench.preview('first', { port: silent.port });
  await until(() => silent.sockets.size === 1);
  for (let count = 0; count < 100; count += 1) bench.preview(`more-${count}`, { port: silent.port });
  expect([bench.report('first'), bench.report('more-0')]).toEqual([null, { pools: [] }]);
  // Never more at once than 64, however many wait.
  await until(() => silent.sockets.size === 64);
  await bench.prober.stop();
  await until(() => silent.sockets.size === 0);
  expect(bench.clock.pending).toBe(0);
});

test('traffic gets its turn while a preview goes through many origins that end at once', async () => {
  const origins = Array.from({ length: 3200 }, (_, i) =>
    liveOrigin({
      name: `o${i}`,
      address: `10.0.${i >> 8}.${i & 255}`,
      ip: `10.0.${i >> 8}.${i & 255}`,
      virtualNetworkId: 'no-routes',
    }),
  );
  const bench = benchWith([bare('pool-1', { origins })]);
  const turns = await turnsDuring(async () => {
    bench.preview('p', { type: 'tcp', port: 1 });
    while (bench.report('p')!.pools.length === 0) await new Promise((resolve) => setImmediate(resolve));
  });
  expect(turns).toBeGreaterThan(50);
});

test('many checks of one preview at the same time are no leak to Node', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on('warning', note);
  const answers: (() => void)[] = [];
  const server = await httpOrigin((_request, response) => {
    answers.push(() => response.writeHead(200).end());
    if (answers.length === 20) for (const answer of answers) answer();
  });
  const origins = Array.from({ length: 20 }, (_, i) => liveOrigin({ name: `o${i}`, key: `k${i}` }));
  const bench = benchWith([bare('pool-1', { origins })]);
  bench.preview('p', { port: server.port, expectedCodes: '200' });
  await bench.finished('p');
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
