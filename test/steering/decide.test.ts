import { expect, test } from 'vitest';
import { createHealthBoard, type HealthState, UNKNOWN_HEALTH } from '../../src/live/health-board.js';
import type { LiveOrigin, LivePool } from '../../src/live/snapshot.js';
import { type Client, createSteering, type NoPool, type Plan } from '../../src/steering/decide.js';
import { liveLoadBalancer, liveOrigin, livePool, unmonitoredPool } from '../support/live-objects.js';
import { seededRandom, shares } from './seeded-random.js';

const origin = (name: string, rest: Partial<LiveOrigin> = {}) =>
  liveOrigin({ name, key: name, port: 80, ...rest });

function setUp(
  pools: readonly LivePool[],
  loadBalancer: Partial<Parameters<typeof liveLoadBalancer>[0]> = {},
) {
  const byId = new Map(pools.map((pool) => [pool.id, pool]));
  const health = createHealthBoard();
  const steering = createSteering(byId, health);
  const client: Client = { ip: '192.0.2.1', random: seededRandom(7) };
  const balancer = liveLoadBalancer({
    name: 'x',
    defaultPools: pools.map(({ id }) => id),
    fallbackPool: 'fallback',
    ...loadBalancer,
  });
  return {
    byId,
    decide: () => steering.decide(balancer, client),
    alternative: (plan: Plan) => steering.alternative(plan, client),
    verdict: (pool: string, name: string, state: HealthState) =>
      health.set(pool, name, { ...UNKNOWN_HEALTH, state }),
  };
}

function planOf(decision: Plan | NoPool): string {
  if (decision.kind !== 'plan') return decision.kind;
  return `${decision.pool.id}/${decision.origin.name}${decision.viaFallback ? ' via fallback' : ''}`;
}

test('a pool without a monitor is used whatever its health', () => {
  const { decide, verdict } = setUp([unmonitoredPool({ id: 'a', origins: [origin('1')] })]);
  verdict('a', '1', 'unhealthy');
  expect(planOf(decide())).toBe('a/1');
});

test('with a monitor, an origin without a verdict counts as down', () => {
  const a = livePool({ id: 'a', monitorId: 'm', origins: [origin('1')] });
  const { decide, verdict } = setUp([a, unmonitoredPool({ id: 'b', origins: [origin('2')] })]);
  expect(decide()).toMatchObject({ pool: { id: 'b' }, skipped: [{ poolId: 'a', reason: 'unhealthy' }] });
  verdict('a', '1', 'unknown');
  expect(planOf(decide())).toBe('b/2');
  verdict('a', '1', 'healthy');
  expect(planOf(decide())).toBe('a/1');
});

test('traffic goes to the next pool when one goes down and returns when it is back', () => {
  const a = livePool({ id: 'a', monitorId: 'm', origins: [origin('1')] });
  const { decide, verdict } = setUp([a, unmonitoredPool({ id: 'b', origins: [origin('2')] })]);
  const seen = (['healthy', 'unhealthy', 'healthy'] as const).map((state) => {
    verdict('a', '1', state);
    return planOf(decide());
  });
  expect(seen).toEqual(['a/1', 'b/2', 'a/1']);
});

test('a pool below minimum_origins gets no traffic', () => {
  const origins = [origin('1'), origin('2'), origin('3')];
  const a = livePool({ id: 'a', monitorId: 'm', minimumOrigins: 2, origins });
  const { decide, verdict } = setUp([a, unmonitoredPool({ id: 'b', origins: [origin('4')] })]);
  for (const { name } of origins) verdict('a', name, 'healthy');
  verdict('a', '1', 'unhealthy');
  expect(planOf(decide())).toMatch(/^a\/[23]$/);
  verdict('a', '2', 'unhealthy');
  expect(planOf(decide())).toBe('b/4');
});

test('a healthy origin of weight 0 counts for minimum_origins and gets no traffic', () => {
  const origins = [origin('1'), origin('2', { weight: 0 })];
  const a = livePool({ id: 'a', monitorId: 'm', minimumOrigins: 2, origins });
  const { decide, verdict } = setUp([a]);
  verdict('a', '1', 'healthy');
  verdict('a', '2', 'healthy');
  for (let i = 0; i < 50; i++) expect(planOf(decide())).toBe('a/1');
});

test('minimum_origins does not count where nobody checks', () => {
  const { decide } = setUp([unmonitoredPool({ id: 'a', minimumOrigins: 3, origins: [origin('1')] })]);
  expect(planOf(decide())).toBe('a/1');
});

test('disabled pools, disabled origins and weightless pools are passed over, each with its reason', () => {
  const { decide } = setUp([
    unmonitoredPool({ id: 'off', enabled: false, origins: [origin('1')] }),
    unmonitoredPool({ id: 'empty', origins: [origin('1', { enabled: false })] }),
    unmonitoredPool({ id: 'light', origins: [origin('1', { weight: 0 })] }),
    unmonitoredPool({ id: 'good', origins: [origin('1', { enabled: false }), origin('2')] }),
  ]);
  expect(planOf(decide())).toBe('good/2');
  expect(decide().skipped).toEqual([
    { poolId: 'off', reason: 'disabled' },
    { poolId: 'empty', reason: 'no_eligible_origin' },
    { poolId: 'light', reason: 'no_eligible_origin' },
  ]);
});

test('when no pool is available the fallback pool serves although it is unhealthy', () => {
  const down = livePool({ id: 'a', monitorId: 'm', origins: [origin('1')] });
  const fallback = livePool({ id: 'fallback', monitorId: 'm', origins: [origin('2'), origin('3')] });
  const { decide, verdict } = setUp([down, fallback], { defaultPools: ['a'] });
  expect(planOf(decide())).toMatch(/^fallback\/[23] via fallback$/);
  verdict('fallback', '3', 'healthy');
  for (let i = 0; i < 20; i++) expect(planOf(decide())).toBe('fallback/3 via fallback');
});

test('without an available pool and a usable fallback pool there is no plan', () => {
  const down = unmonitoredPool({ id: 'a', enabled: false, origins: [origin('1')] });
  const off = unmonitoredPool({ id: 'fallback', enabled: false, origins: [origin('2')] });
  const light = unmonitoredPool({ id: 'fallback', origins: [origin('2', { weight: 0 })] });
  for (const pools of [[down], [down, off], [down, light]]) {
    const { decide } = setUp(pools, { defaultPools: ['a', 'gone'] });
    expect(decide()).toEqual({
      kind: 'no_pool',
      skipped: [
        { poolId: 'a', reason: 'disabled' },
        { poolId: 'gone', reason: 'missing' },
      ],
    });
  }
});

test('random steering shares the traffic of a pool that is down among the others', () => {
  const pools = ['a', 'b', 'c'].map((id) => livePool({ id, monitorId: 'm', origins: [origin('1')] }));
  const { decide, verdict } = setUp(pools, {
    steeringPolicy: 'random',
    randomSteering: { defaultWeight: 1, poolWeights: { a: 0.5, b: 0.3, c: 0.1 } },
  });
  for (const { id } of pools) verdict(id, '1', 'healthy');
  verdict('a', '1', 'unhealthy');
  const drawn = shares(10_000, () => planOf(decide()));
  expect(Object.keys(drawn).sort()).toEqual(['b/1', 'c/1']);
  expect(Math.abs(drawn['b/1']! - 0.75)).toBeLessThan(0.02);
});

test('random origins share the traffic of an origin that is down by their weights', () => {
  const origins = [
    origin('1', { weight: 0.25 }),
    origin('2', { weight: 0.25 }),
    origin('3', { weight: 0.5 }),
  ];
  const { decide, verdict } = setUp([livePool({ id: 'a', monitorId: 'm', origins })]);
  verdict('a', '1', 'healthy');
  verdict('a', '2', 'healthy');
  const drawn = shares(10_000, () => planOf(decide()));
  expect(Math.abs(drawn['a/1']! - 0.5)).toBeLessThan(0.02);
  expect(drawn['a/3']).toBeUndefined();
});

test('a pool object that is replaced counts at once', () => {
  const { decide, byId } = setUp([unmonitoredPool({ id: 'a', origins: [origin('1')] })]);
  expect(planOf(decide())).toBe('a/1');
  byId.set('a', unmonitoredPool({ id: 'a', origins: [origin('2')] }));
  expect(planOf(decide())).toBe('a/2');
});

test('the alternative is another usable origin of the same pool', () => {
  const origins = [origin('1'), origin('2'), origin('3', { enabled: false }), origin('4')];
  const { decide, alternative, verdict } = setUp([livePool({ id: 'a', monitorId: 'm', origins })]);
  verdict('a', '1', 'healthy');
  verdict('a', '4', 'healthy');
  for (let i = 0; i < 20; i++) {
    const plan = decide() as Plan;
    expect(['1', '4']).toContain(plan.origin.name);
    expect(alternative(plan)?.name).toBe(plan.origin.name === '1' ? '4' : '1');
  }
  verdict('a', '4', 'unhealthy');
  expect(alternative(decide() as Plan)).toBeNull();
});
