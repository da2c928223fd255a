import { expect, test } from 'vitest';
import { NOWHERE, type Place } from '../../src/net/locations.js';
import { createHealthBoard, UNKNOWN_HEALTH } from '../../src/state/health-board.js';
import { createLoadBoard } from '../../src/state/load-board.js';
import type { LivePool, LiveSettings } from '../../src/state/snapshot.js';
import { PoolTable } from '../../src/state/snapshot-store.js';
import { POOL_POLICIES, type PoolChoice } from '../../src/steering/policies/pool-policies.js';
import { cosineBetween, createPoolColumns } from '../../src/steering/pool-columns.js';
import { liveOrigin, liveSettings, unmonitoredPool } from '../support/live-objects.js';
import { seededRandom, shares } from './seeded-random.js';

const NOW = 1_700_000_000_000;

/** Of these pools, each with its latency where it has one. */
function columnsOf(list: readonly LivePool[], latencies: Record<string, number> = {}) {
  const health = createHealthBoard();
  for (const [id, latencyMs] of Object.entries(latencies))
    health.set(id, 'one', { ...UNKNOWN_HEALTH, state: 'healthy', latencyMs });
  return createPoolColumns(new PoolTable(list.map((pool) => [pool.id, pool])), health);
}

type Policy = keyof typeof POOL_POLICIES;
const POLICIES = Object.keys(POOL_POLICIES) as Policy[];
const DRAWS = 100_000;

function ordering(
  policy: Policy,
  pools: readonly string[],
  settings: Partial<LiveSettings> = {},
  given: Partial<PoolChoice> = {},
) {
  const choice: PoolChoice = {
    settings: liveSettings({ defaultPools: pools, ...settings }),
    place: NOWHERE,
    random: seededRandom(3),
    load: createLoadBoard(),
    now: NOW,
    columns: columnsOf(pools.map((id) => unmonitoredPool({ id }))),
    ...given,
  };
  const { candidates, order } = POOL_POLICIES[policy];
  return () => [...order(candidates(choice.settings, choice.place), choice)];
}

const weights = (poolWeights: Record<string, number>, defaultWeight = 1) => ({
  randomSteering: { defaultWeight, poolWeights },
});

test.each(POLICIES)('%s asks every pool once', (policy) => {
  const pools = ['d', 'b', 'a', 'c'];
  const order = ordering(policy, pools, weights({ b: 0.5, c: 0 }));
  for (let i = 0; i < 20; i++) expect(order().toSorted()).toEqual(pools.toSorted());
  expect(ordering(policy, [])()).toEqual([]);
});

test.each(POLICIES)('%s steers by a flat list of pools where a rule gave one', (policy) => {
  const order = ordering(policy, ['a'], { pools: ['x', 'y'], countryPools: { XX: ['b'] } });
  expect(order().toSorted()).toEqual(['x', 'y']);
});

test.each(['off', 'geo'] as const)('T66 %s keeps the order of the list', (policy) => {
  expect(ordering(policy, ['c', 'a', 'b'])()).toEqual(['c', 'a', 'b']);
});

const MAPS = {
  popPools: { SJC: ['pop'] },
  countryPools: { US: ['country', 'other'], DE: [] },
  regionPools: { WNAM: ['region'], WEU: ['europe'] },
};

test.each<[Partial<Place>, string[]]>([
  [{ pop: 'SJC', country: 'US', region: 'WNAM' }, ['pop']],
  [{ pop: 'LAX', country: 'US', region: 'WNAM' }, ['country', 'other']],
  [{ pop: 'YVR', country: 'CA', region: 'WNAM' }, ['region']],
  [{ pop: 'SYD', country: 'AU', region: 'OC' }, ['default']],
  [{ pop: 'FRA', country: 'DE', region: 'WEU' }, ['europe']],
  [{ pop: 'constructor', country: 'toString', region: '' }, ['default']],
])('T73 geo takes the pools of the data centre, else the country, else the region: %j', (at, expected) => {
  const place = { ...NOWHERE, ...at };
  expect(ordering('geo', ['default'], MAPS, { place })()).toEqual(expected);
});

test('policies other than geo do not look at the pools of places', () => {
  const place = { ...NOWHERE, pop: 'SJC' };
  for (const policy of POLICIES.filter((name) => name !== 'geo')) {
    expect(ordering(policy, ['default'], MAPS, { place })()).toEqual(['default']);
  }
});

test('T75 random draws pools by weight, within 1 %, and by the default weight those without one', () => {
  const order = ordering('random', ['a', 'b', 'c'], weights({ a: 0.8, b: 0.2 }, 0.6));
  const drawn = shares(DRAWS, () => order()[0]!);
  for (const [id, share] of Object.entries({ a: 0.5, b: 0.125, c: 0.375 })) {
    expect(Math.abs(drawn[id]! - share)).toBeLessThan(0.01);
  }
});

test('T75 the pools behind the first are drawn by weight too: passing one over renormalises', () => {
  const order = ordering('random', ['a', 'b', 'c'], weights({ a: 0.5, b: 0.3, c: 0.1 }));
  const drawn = shares(DRAWS, () => order().find((id) => id !== 'a')!);
  expect(Math.abs(drawn.b! - 0.75)).toBeLessThan(0.01);
});

test('T75 a pool of weight 0 comes last, whatever the random number', () => {
  const pools = ['a', 'b', 'c'];
  for (const number of [0, 0.5, 1 - 2 ** -53]) {
    expect(ordering('random', pools, weights({ a: 0, c: 0 }), { random: () => number })()).toEqual([
      'b',
      'a',
      'c',
    ]);
  }
});

test('when all weights are 0 the list order decides', () => {
  for (const policy of ['random', 'least_connections', 'least_outstanding_requests'] as const) {
    expect(ordering(policy, ['b', 'a'], weights({}, 0), { random: () => 0.99 })()).toEqual(['b', 'a']);
  }
});

test('T76 dynamic_latency takes the fastest pool, and those that nobody measured last in list order', () => {
  const pools = ['new', 'slow', 'other', 'fast'];
  const columns = columnsOf(
    pools.map((id) => unmonitoredPool({ id, origins: [liveOrigin({ key: 'one' })] })),
    { slow: 50, fast: 5 },
  );
  expect(ordering('dynamic_latency', pools, {}, { columns })()).toEqual(['fast', 'slow', 'new', 'other']);
  expect(ordering('dynamic_latency', pools)()).toEqual(pools);
});

const CITIES: Record<string, Pick<LivePool, 'latitude' | 'longitude'>> = {
  paris: { latitude: 48.86, longitude: 2.35 },
  tokyo: { latitude: 35.68, longitude: 139.69 },
  auckland: { latitude: -36.85, longitude: 174.76 },
  anchorage: { latitude: 61.22, longitude: -149.9 },
  nowhere: { latitude: null, longitude: null },
};

test('T77 proximity takes the nearest pool, across the date line too, and those without coordinates last', () => {
  const columns = columnsOf(Object.entries(CITIES).map(([id, city]) => unmonitoredPool({ id, ...city })));
  const pools = ['nowhere', ...Object.keys(CITIES).slice(0, 4), 'gone'];
  const from = (latitude: number | null, longitude: number | null) =>
    ordering('proximity', pools, {}, { place: { ...NOWHERE, latitude, longitude }, columns })();
  expect(from(50.1, 8.7)).toEqual(['paris', 'anchorage', 'tokyo', 'auckland', 'nowhere', 'gone']);
  // Fiji, east of the date line.
  expect(from(-17, -179.5).slice(0, 2)).toEqual(['auckland', 'tokyo']);
  expect(from(null, null)).toEqual(pools);
});

test('T77 distances are those of great circles', () => {
  const kilometres = (...at: [number, number, number, number]) =>
    Math.round(Math.acos(Math.max(-1, Math.min(1, cosineBetween(...at)))) * 6371);
  expect(kilometres(0, 0, 0, 180)).toBe(20015);
  expect(kilometres(90, 0, -90, 77)).toBe(20015);
  expect(kilometres(48.86, 2.35, 35.68, 139.69)).toBe(9713);
  expect(kilometres(10, 20, 10, 20)).toBe(0);
});

test.each([
  ['least_outstanding_requests', 'requestStarted'],
  ['least_connections', 'connectionOpened'],
] as const)(
  'T78 %s draws pools by weight / (1 + load): 9 under way at one, none at the other',
  (policy, more) => {
    const load = createLoadBoard();
    for (let i = 0; i < 9; i++) load[more]('a', `origin-${i % 3}`);
    const order = ordering(policy, ['a', 'b'], {}, { load });
    const drawn = shares(DRAWS, () => order()[0]!);
    expect(Math.abs(drawn.b! - 10 / 11)).toBeLessThan(0.01);
    const weighted = ordering(policy, ['a', 'b'], weights({ a: 1, b: 0.1 }), { load });
    expect(Math.abs(shares(DRAWS, () => weighted()[0]!).a! - 0.5)).toBeLessThan(0.01);
  },
);

test.each(['least_outstanding_requests', 'least_connections'] as const)(
  'T79 %s is random where nothing is counted, as in DNS',
  (policy) => {
    const order = ordering(policy, ['a', 'b']);
    expect(Math.abs(shares(DRAWS, () => order()[0]!).a! - 0.5)).toBeLessThan(0.01);
  },
);

test.each(['least_outstanding_requests', 'least_connections'] as const)(
  '%s keeps to these shares when so much is under way everywhere that no draw is taken at once',
  (policy) => {
    const load = createLoadBoard();
    for (let i = 0; i < 999; i++) {
      for (const id of i < 499 ? ['a', 'b'] : ['a']) {
        load.requestStarted(id, 'one');
        load.connectionOpened(id, 'one');
      }
    }
    const order = ordering(policy, ['a', 'b'], {}, { load });
    expect(Math.abs(shares(DRAWS, () => order()[0]!).b! - 2 / 3)).toBeLessThan(0.01);
  },
);

test('a pool that moves, or comes, is where it is at once', () => {
  const pools = new PoolTable();
  const put = (id: string, city: string) => pools.set(id, unmonitoredPool({ id, ...CITIES[city] }));
  const columns = createPoolColumns(pools, createHealthBoard());
  const place = { ...NOWHERE, latitude: 50.1, longitude: 8.7 };
  const order = ordering('proximity', ['a', 'b'], {}, { columns, place });
  put('a', 'tokyo');
  expect(order()[0]).toBe('a');
  put('b', 'anchorage');
  expect(order()[0]).toBe('b');
  put('b', 'auckland');
  expect(order()[0]).toBe('a');
  const elsewhere = { ...NOWHERE, latitude: -40, longitude: 170 };
  expect(ordering('proximity', ['a', 'b'], {}, { columns, place: elsewhere })()[0]).toBe('b');
});

test('latencies are read again after a second, and at once after a verdict', () => {
  const pools = new PoolTable(
    ['a', 'b'].map((id) => [id, unmonitoredPool({ id, origins: [liveOrigin({ key: 'one' })] })]),
  );
  const health = createHealthBoard();
  const measure = (id: string, latencyMs: number) =>
    health.set(id, 'one', { ...UNKNOWN_HEALTH, state: 'healthy', latencyMs });
  measure('a', 10);
  measure('b', 20);
  const columns = createPoolColumns(pools, health);
  const candidates = ['a', 'b'];
  const fastest = (now: number) => candidates[columns.latencies(candidates, now).lowest];
  expect(fastest(NOW)).toBe('a');
  measure('a', 30);
  expect(fastest(NOW + 999)).toBe('a');
  expect(fastest(NOW + 1_000)).toBe('b');
  health.set('b', 'one', { ...UNKNOWN_HEALTH, state: 'unhealthy', latencyMs: 20 });
  expect(fastest(NOW + 1_001)).toBe('a');
});
