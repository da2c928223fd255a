import { expect, test } from 'vitest';
import { STEPS_PER_TURN } from '../../src/health/schedule/origin-checkers.js';
import { timeSliced } from '../../src/health/schedule/scheduler.js';
import { httpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const turn = () => new Promise(setImmediate);

test('each turn of the event loop makes so many steps and no more, the first ones at once', async () => {
  let made = 0;
  let done = 0;
  const work = timeSliced(
    function* () {
      for (let step = 0; step < 25; step += 1) {
        made += 1;
        yield;
      }
    },
    10,
    () => {
      done += 1;
    },
  );
  work.start();
  const after = [made];
  while (work.underWay) {
    work.start();
    await turn();
    after.push(made);
  }
  expect(after).toEqual([10, 20, 25]);
  expect(done).toBe(1);
});

const POOLS = 40;
const ORIGINS = 30;

/** More than a few turns' worth of private origins without a way, which the prober judges without a socket. */
const manyPools = (monitorId = 'monitor-1') =>
  Array.from({ length: POOLS }, (_, pool) =>
    livePool({
      id: `pool-${pool}`,
      monitorId,
      origins: Array.from({ length: ORIGINS }, (_, at) =>
        liveOrigin({ address: `10.0.${pool}.${at}`, virtualNetworkId: 'vnet-1' }),
      ),
    }),
  );

function startBig() {
  const bench = startProber();
  const pools = manyPools();
  const watched = () =>
    pools.flatMap(({ id, origins }) => origins.filter(({ key }) => bench.board.origin(id, key))).length;
  return { ...bench, pools, watched };
}

test('a big change is followed in slices, so that traffic gets its turns', async () => {
  const bench = startBig();
  bench.apply({ monitor: [liveMonitor()], pool: bench.pools });
  expect(bench.store.snapshot.pools.size).toBe(POOLS);
  let before = 0;
  while (before < POOLS * ORIGINS) {
    const now = bench.watched();
    expect(now - before).toBeLessThanOrEqual(STEPS_PER_TURN);
    expect(now).toBeGreaterThan(before);
    before = now;
    await turn();
  }
});

test('what changes while a big change is followed counts as it is in the end', async () => {
  const bench = startBig();
  bench.apply({ monitor: [liveMonitor(), liveMonitor({ id: 'monitor-2' })], pool: bench.pools });
  expect(bench.watched()).toBeLessThan(POOLS * ORIGINS);
  const [first, , third] = bench.pools;
  const last = bench.pools.at(-1)!;
  bench.apply(
    {
      pool: [
        { ...first!, enabled: false },
        { ...last, monitorId: 'monitor-2', origins: last.origins.slice(0, 2) },
      ],
    },
    { pool: [third!.id] },
  );
  const expected = (POOLS - 3) * ORIGINS + 2;
  await until(() => bench.watched() === expected);
  for (let turns = 0; turns < 20; turns += 1) await turn();
  expect(bench.watched()).toBe(expected);
});

test('the first results after a big change wait for all that it has started', async () => {
  const bench = startBig();
  bench.apply({ monitor: [liveMonitor()], pool: bench.pools });
  const first = bench.prober.settled(60_000);
  // A later change waits for its own alone, which come after all.
  bench.apply({
    pool: [livePool({ id: 'late', origins: [liveOrigin({ address: '10.9.9.9', virtualNetworkId: 'v' })] })],
  });
  const second = bench.prober.settled(60_000);
  await Promise.all([first, second]);
  expect(bench.transitions).toHaveLength(POOLS * ORIGINS + 1);
});

test('a tunnel that comes and goes is followed by all of its many origins', async () => {
  const { port } = await httpOrigin((_request, response) => response.end());
  const bench = startBig();
  bench.apply({ route: [liveRoute()], monitor: [liveMonitor({ port })], pool: bench.pools });
  const all = (state: string) =>
    bench.pools.every(({ id, origins }) =>
      origins.every(({ key }) => bench.board.origin(id, key)?.state === state),
    );
  await until(() => all('unhealthy'));
  bench.tunnels.connect('tunnel-1');
  await until(() => all('healthy'));
  bench.tunnels.disconnect('tunnel-1');
  expect(bench.healthOf('pool-0')?.state).toBe('unhealthy');
  await until(() => all('unhealthy'));
});
