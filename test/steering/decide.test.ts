import { expect, test } from 'vitest';
import { NOWHERE } from '../../src/net/locations.js';
import type { HealthState } from '../../src/state/health-board.js';
import type { LiveOrigin } from '../../src/state/snapshot.js';
import type { Plan } from '../../src/steering/contract.js';
import { livePool, unmonitoredPool } from '../support/live-objects.js';
import { contextOf, origin, steer, target } from './rig.js';
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

// Cloudflare's description of minimum_origins: so many must be healthy for the pool to serve traffic. Those that nobody checks count as healthy.
test('where nobody checks, minimum_origins asks for so many enabled origins', () => {
  const origins = [origin('1'), origin('2', { enabled: false })];
  const { decide } = steer([
    unmonitoredPool({ id: 'a', minimumOrigins: 2, origins }),
    unmonitoredPool({ id: 'b', minimumOrigins: 1, origins }),
  ]);
  expect(target(decide())).toBe('b/1');
  expect(decide().trace.skipped).toEqual([{ poolId: 'a', reason: 'unhealthy' }]);
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
    // None of its origins is enabled, and minimum_origins asks for one.
    { poolId: 'empty', reason: 'unhealthy' },
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

test('the alternative is none of those that were tried, in whatever pool', () => {
  const [a, b] = [
    unmonitoredPool({ id: 'a', origins: [origin('1'), origin('2'), origin('3')] }),
    unmonitoredPool({ id: 'b', origins: [origin('2'), origin('4')] }),
  ];
  const { decide, alternative } = steer([a, b], { failoverAcrossPools: true });
  const plan = { ...(decide() as Plan), origin: a.origins[0]! };
  expect(target(alternative(plan, [a.origins[1]!]))).toBe('a/3');
  expect(target(alternative(plan, [a.origins[1]!, a.origins[2]!]))).toBe('b/4');
  expect(alternative(plan, [...a.origins, ...b.origins])).toBeNull();
});

test('only with failover across pools the alternative is of the next pool that is available', () => {
  const pools = ['a', 'b', 'c', 'fallback'].map((id) =>
    livePool({ id, monitorId: 'm', origins: [origin(`${id}1`)] }),
  );
  const at = (failoverAcrossPools: boolean, ...healthy: string[]) => {
    const fields = { failoverAcrossPools, defaultPools: ['a', 'b', 'c'] };
    const { decide, alternative, verdict } = steer(pools, fields);
    for (const id of ['a', ...healthy]) verdict(id, `${id}1`, 'healthy');
    return target(alternative(decide() as Plan));
  };
  expect(at(false, 'b', 'c')).toBe('nothing');
  expect(at(true, 'b', 'c')).toBe('b/b1');
  expect(at(true, 'c')).toBe('c/c1');
  // Never the fallback pool, unless it is one of the candidates.
  expect(at(true, 'fallback')).toBe('nothing');
});

test('the alternative to an origin of the fallback pool is one that is healthy', () => {
  const fallback = livePool({ id: 'fallback', monitorId: 'm', origins: [origin('1'), origin('2')] });
  const { decide, alternative, verdict } = steer([fallback], { defaultPools: [] });
  const plan = decide() as Plan;
  expect(alternative(plan)).toBeNull();
  verdict('fallback', plan.origin.name === '1' ? '2' : '1', 'healthy');
  expect(alternative(plan)).toMatchObject({ viaFallback: true, pool: { id: 'fallback' } });
});

test('a plan outlives its pool: there is no alternative in one that is gone or disabled', () => {
  const a = unmonitoredPool({ id: 'a', origins: [origin('1'), origin('2')] });
  const { byId, decide, alternative } = steer([a]);
  const plan = decide() as Plan;
  byId.set('a', { ...a, enabled: false });
  expect(alternative(plan)).toBeNull();
  byId.delete('a');
  expect(alternative(plan)).toBeNull();
});

test('T31 a pool that steers by its regions is up or down as the region that serves finds it', () => {
  const a = livePool({
    id: 'a',
    checkRegions: ['WEU', 'WNAM'],
    healthSources: 'regional',
    origins: [origin('1')],
  });
  const { decide, verdict } = steer([a, unmonitoredPool({ id: 'b', origins: [origin('2')] })]);
  const from = (region: string) => target(decide({ place: { ...NOWHERE, region } }));
  const states = (WEU: HealthState, WNAM: HealthState) => ({
    regions: new Map(Object.entries({ WEU, WNAM })),
  });
  verdict('a', '1', 'healthy', states('unhealthy', 'healthy'));
  expect([from('WEU'), from('WNAM'), from('OC'), from('')]).toEqual(['b/2', 'a/1', 'a/1', 'a/1']);
  verdict('a', '1', 'unhealthy', states('unhealthy', 'healthy'));
  expect([from('WEU'), from('WNAM'), from('OC')]).toEqual(['b/2', 'a/1', 'b/2']);
});

test('the origins of a fallback pool that is down follow what is under way to them too', () => {
  const fallback = livePool({
    id: 'fallback',
    originSteering: 'least_outstanding_requests',
    origins: [origin('1'), origin('2')],
  });
  const { decide, load } = steer([fallback], { defaultPools: [] });
  decide();
  for (let i = 0; i < 9; i++) load.requestStarted('fallback', '1');
  const drawn = shares(20_000, () => target(decide()));
  expect(Math.abs(drawn['fallback/2 via fallback']! - 10 / 11)).toBeLessThan(0.01);
});

test('T67 nothing changes when a pool that gets no traffic goes down', () => {
  const b = livePool({ id: 'b', monitorId: 'm', origins: [origin('2')] });
  const { decide, verdict } = steer([unmonitoredPool({ id: 'a', origins: [origin('1')] }), b]);
  for (const state of ['healthy', 'unhealthy'] as const) {
    verdict('b', '2', state);
    expect(decide()).toMatchObject({ pool: { id: 'a' }, trace: { skipped: [] } });
  }
});

test('T74 when the pools of a place are down the fallback pool serves, not the default pools', () => {
  const down = unmonitoredPool({ id: 'de', enabled: false, origins: [origin('1')] });
  const others = ['a', 'fallback'].map((id) => unmonitoredPool({ id, origins: [origin('2')] }));
  const fields = { defaultPools: ['a'], steeringPolicy: 'geo', countryPools: { DE: ['de'] } } as const;
  const { decide } = steer([down, ...others], fields);
  expect(target(decide({ place: { ...NOWHERE, country: 'DE' } }))).toBe('fallback/2 via fallback');
  expect(target(decide({ place: { ...NOWHERE, country: 'FR' } }))).toBe('a/2');
});

test('T76 dynamic_latency follows the mean latency of the healthy enabled origins of a pool', () => {
  const pools = [
    livePool({ id: 'a', origins: [origin('1'), origin('2'), origin('off', { enabled: false })] }),
    livePool({ id: 'b', origins: [origin('3')] }),
    livePool({ id: 'c', origins: [origin('4')] }),
  ];
  const { decide, verdict } = steer(pools, { steeringPolicy: 'dynamic_latency' });
  const { now } = contextOf();
  const at = (time: number) => target(decide({ now: time })).split('/')[0];
  for (const [id, name] of ['a1', 'a2', 'b3', 'c4'].map((text) => [text[0]!, text[1]!])) {
    verdict(id!, name!, 'healthy');
  }
  expect(at(now)).toBe('a');
  verdict('a', '1', 'healthy', { latencyMs: 10 });
  verdict('a', '2', 'unhealthy', { latencyMs: 1 });
  verdict('b', '3', 'healthy', { latencyMs: 9 });
  expect(at(now + 1_000)).toBe('b');
  verdict('a', '2', 'healthy', { latencyMs: 1 });
  expect(at(now + 1_000)).toBe('a');
  // A new latency alone is read within a second.
  verdict('b', '3', 'healthy', { latencyMs: 2 });
  expect(at(now + 2_000)).toBe('b');
});

test.each([
  ['least_outstanding_requests', 'requestStarted', 'requestEnded'],
  ['least_connections', 'connectionOpened', 'connectionClosed'],
] as const)(
  'T78 the origins of a pool with %s follow what is under way to them',
  (originSteering, more, less) => {
    const a = unmonitoredPool({ id: 'a', originSteering, origins: [origin('1'), origin('2')] });
    const { decide, load, byId } = steer([a]);
    const share = () => shares(100_000, () => target(decide()))['a/2']!;
    decide();
    for (let i = 0; i < 9; i++) load[more]('a', '1');
    load[more]('gone', '1');
    expect(Math.abs(share() - 10 / 11)).toBeLessThan(0.01);
    // What is under way stays so when the pool is changed.
    byId.set('a', { ...a, name: 'other' });
    expect(Math.abs(share() - 10 / 11)).toBeLessThan(0.01);
    for (let i = 0; i < 9; i++) load[less]('a', '1');
    expect(Math.abs(share() - 0.5)).toBeLessThan(0.01);
  },
);

test('an origin that is passed over makes room for its pool, then the next one, at last the fallback pool whatever its health', () => {
  const [a, b] = [
    unmonitoredPool({ id: 'a', origins: [origin('1'), origin('2')] }),
    livePool({ id: 'b', monitorId: 'm', origins: [origin('3')] }),
  ];
  const fallback = livePool({ id: 'fallback', monitorId: 'm', origins: [origin('4'), origin('5')] });
  const { decide, reselect, verdict } = steer([a, b, fallback], { defaultPools: ['a', 'b'] });
  verdict('b', '3', 'healthy');
  verdict('fallback', '4', 'unhealthy');
  verdict('fallback', '5', 'unhealthy');
  let plan: Plan | null = decide() as Plan;
  const tried: LiveOrigin[] = [];
  const way: string[] = [];
  while (plan !== null) {
    way.push(target(plan));
    const next: Plan | null = reselect(plan, tried);
    tried.push(plan.origin);
    plan = next;
  }
  expect(way.slice(0, 2).sort()).toEqual(['a/1', 'a/2']);
  expect(way[2]).toBe('b/3');
  expect(way.slice(3).sort()).toEqual(['fallback/4 via fallback', 'fallback/5 via fallback']);
});

test('a request that leaves its pool does not come back to it as the fallback pool', () => {
  const a = unmonitoredPool({ id: 'a', origins: [origin('1'), origin('2')] });
  const b = unmonitoredPool({ id: 'b', origins: [origin('3')] });
  const { decide, reselect } = steer([a, b], { fallbackPool: 'a' });
  const plan = decide() as Plan;
  const next = reselect(plan, [], true);
  expect(target(next)).toBe('b/3');
  const alone = steer([a], { fallbackPool: 'a' });
  expect(alone.reselect(alone.decide() as Plan, [], true)).toBeNull();
});

test('T70 a disabled pool is skipped', () => {
  const a = unmonitoredPool({ id: 'a', enabled: false, origins: [origin('1')] });
  const b = unmonitoredPool({ id: 'b', origins: [origin('2')] });
  const decision = steer([a, b]).decide();
  expect(target(decision)).toBe('b/2');
  expect(decision.trace.skipped).toEqual([{ poolId: 'a', reason: 'disabled' }]);
});
