import { expect, test } from 'vitest';
import type { Plan } from '../../src/steering/plan.js';
import { livePool, unmonitoredPool } from '../support/live-objects.js';
import { origin, steer, target } from './rig.js';
import { shares } from './seeded-random.js';

test('a pool without a monitor is used whatever its health', () => {
  const { decide, verdict } = steer([unmonitoredPool({ id: 'a', origins: [origin('1')] })]);
  verdict('a', '1', 'unhealthy');
  expect(target(decide())).toBe('a/1');
});

test('with a monitor, an origin without a verdict counts as down', () => {
  const a = livePool({ id: 'a', monitorId: 'm', origins: [origin('1')] });
  const { decide, verdict } = steer([a, unmonitoredPool({ id: 'b', origins: [origin('2')] })]);
  expect(decide()).toMatchObject({
    pool: { id: 'b' },
    trace: { skipped: [{ poolId: 'a', reason: 'unhealthy' }] },
  });
  verdict('a', '1', 'unknown');
  expect(target(decide())).toBe('b/2');
  verdict('a', '1', 'healthy');
  expect(target(decide())).toBe('a/1');
});

test('T66 traffic goes to the next pool when one goes down and returns when it is back', () => {
  const a = livePool({ id: 'a', monitorId: 'm', origins: [origin('1')] });
  const { decide, verdict } = steer([a, unmonitoredPool({ id: 'b', origins: [origin('2')] })]);
  const seen = (['healthy', 'unhealthy', 'healthy'] as const).map((state) => {
    verdict('a', '1', state);
    return target(decide());
  });
  expect(seen).toEqual(['a/1', 'b/2', 'a/1']);
});

test('T28 a pool below minimum_origins gets no traffic', () => {
  const origins = [origin('1'), origin('2'), origin('3')];
  const a = livePool({ id: 'a', monitorId: 'm', minimumOrigins: 2, origins });
  const { decide, verdict } = steer([a, unmonitoredPool({ id: 'b', origins: [origin('4')] })]);
  for (const { name } of origins) verdict('a', name, 'healthy');
  verdict('a', '1', 'unhealthy');
  expect(target(decide())).toMatch(/^a\/[23]$/);
  verdict('a', '2', 'unhealthy');
  expect(target(decide())).toBe('b/4');
});

test('a healthy origin of weight 0 counts for minimum_origins and gets no traffic', () => {
  const origins = [origin('1'), origin('2', { weight: 0 })];
  const a = livePool({ id: 'a', monitorId: 'm', minimumOrigins: 2, origins });
  const { decide, verdict } = steer([a]);
  verdict('a', '1', 'healthy');
  verdict('a', '2', 'healthy');
  for (let i = 0; i < 50; i++) expect(target(decide())).toBe('a/1');
});

test('minimum_origins does not count where nobody checks', () => {
  const { decide } = steer([unmonitoredPool({ id: 'a', minimumOrigins: 3, origins: [origin('1')] })]);
  expect(target(decide())).toBe('a/1');
});

test('disabled pools, disabled origins and weightless pools are passed over, each with its reason', () => {
  const { decide } = steer([
    unmonitoredPool({ id: 'off', enabled: false, origins: [origin('1')] }),
    unmonitoredPool({ id: 'empty', origins: [origin('1', { enabled: false })] }),
    unmonitoredPool({ id: 'light', origins: [origin('1', { weight: 0 })] }),
    unmonitoredPool({ id: 'good', origins: [origin('1', { enabled: false }), origin('2')] }),
  ]);
  expect(target(decide())).toBe('good/2');
  expect(decide().trace.skipped).toEqual([
    { poolId: 'off', reason: 'disabled' },
    { poolId: 'empty', reason: 'no_eligible_origin' },
    { poolId: 'light', reason: 'no_eligible_origin' },
  ]);
});

test('T68 when no pool is available the fallback pool serves although it is unhealthy', () => {
  const down = livePool({ id: 'a', monitorId: 'm', origins: [origin('1')] });
  const fallback = livePool({ id: 'fallback', monitorId: 'm', origins: [origin('2'), origin('3')] });
  const { decide, verdict } = steer([down, fallback], { defaultPools: ['a'] });
  expect(target(decide())).toMatch(/^fallback\/[23] via fallback$/);
  verdict('fallback', '3', 'healthy');
  for (let i = 0; i < 20; i++) expect(target(decide())).toBe('fallback/3 via fallback');
});

test('T69 without an available pool and a usable fallback pool there is no plan', () => {
  const down = unmonitoredPool({ id: 'a', enabled: false, origins: [origin('1')] });
  const off = unmonitoredPool({ id: 'fallback', enabled: false, origins: [origin('2')] });
  const light = unmonitoredPool({ id: 'fallback', origins: [origin('2', { weight: 0 })] });
  for (const pools of [[down], [down, off], [down, light]]) {
    const { decide } = steer(pools, { defaultPools: ['a', 'gone'] });
    expect(decide()).toMatchObject({
      kind: 'no_pool',
      trace: {
        candidates: ['a', 'gone'],
        skipped: [
          { poolId: 'a', reason: 'disabled' },
          { poolId: 'gone', reason: 'missing' },
        ],
      },
    });
  }
});

test('random steering shares the traffic of a pool that is down among the others', () => {
  const pools = ['a', 'b', 'c'].map((id) => livePool({ id, monitorId: 'm', origins: [origin('1')] }));
  const { decide, verdict } = steer(pools, {
    steeringPolicy: 'random',
    randomSteering: { defaultWeight: 1, poolWeights: { a: 0.5, b: 0.3, c: 0.1 } },
  });
  for (const { id } of pools) verdict(id, '1', 'healthy');
  verdict('a', '1', 'unhealthy');
  const drawn = shares(10_000, () => target(decide()));
  expect(Object.keys(drawn).sort()).toEqual(['b/1', 'c/1']);
  expect(Math.abs(drawn['b/1']! - 0.75)).toBeLessThan(0.02);
});

test('T80 random origins share the traffic of an origin that is down by their weights', () => {
  const origins = [
    origin('1', { weight: 0.25 }),
    origin('2', { weight: 0.25 }),
    origin('3', { weight: 0.5 }),
  ];
  const { decide, verdict } = steer([livePool({ id: 'a', monitorId: 'm', origins })]);
  verdict('a', '1', 'healthy');
  verdict('a', '2', 'healthy');
  const drawn = shares(10_000, () => target(decide()));
  expect(Math.abs(drawn['a/1']! - 0.5)).toBeLessThan(0.02);
  expect(drawn['a/3']).toBeUndefined();
});

test('a pool object that is replaced counts at once', () => {
  const { decide, byId } = steer([unmonitoredPool({ id: 'a', origins: [origin('1')] })]);
  expect(target(decide())).toBe('a/1');
  byId.set('a', unmonitoredPool({ id: 'a', origins: [origin('2')] }));
  expect(target(decide())).toBe('a/2');
});

test('the alternative is another usable origin of the same pool', () => {
  const origins = [origin('1'), origin('2'), origin('3', { enabled: false }), origin('4')];
  const { decide, alternative, verdict } = steer([livePool({ id: 'a', monitorId: 'm', origins })]);
  verdict('a', '1', 'healthy');
  verdict('a', '4', 'healthy');
  for (let i = 0; i < 20; i++) {
    const plan = decide() as Plan;
    expect(['1', '4']).toContain(plan.origin.name);
    expect(alternative(plan)?.origin.name).toBe(plan.origin.name === '1' ? '4' : '1');
  }
  verdict('a', '4', 'unhealthy');
  expect(alternative(decide() as Plan)).toBeNull();
});
