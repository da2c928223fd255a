import { expect, test } from 'vitest';
import type { Affinity } from '../../src/domain/policies.js';
import type { LiveAffinityAttributes } from '../../src/state/snapshot.js';
import type { Plan } from '../../src/steering/contract.js';
import { livePool, liveSettings, unmonitoredPool } from '../support/live-objects.js';
import { type BalancerFields, contextOf, origin, SESSION_SOURCE, steer, target } from './rig.js';
import { seededRandom } from './seeded-random.js';

const NOW = contextOf().now;
const WITH_SESSIONS = { sessionSource: SESSION_SOURCE };

const attributes = (fields: Partial<LiveAffinityAttributes>): LiveAffinityAttributes => ({
  ...liveSettings({ defaultPools: [] }).affinityAttributes,
  ...fields,
});

const pools = () => ['a', 'b'].map((id) => unmonitoredPool({ id, origins: [origin('1'), origin('2')] }));

/** Sessions of this kind, the request pinned to an origin of a pool. */
function pinnedTo(poolId: string, originKey: string, given = pools(), fields: BalancerFields = {}) {
  const rig = steer(given, { affinity: 'cookie', ...fields });
  rig.session.pin = { poolId, originKey };
  return { ...rig, decide: (other = {}) => rig.decide({ ...WITH_SESSIONS, ...other }) as Plan };
}

const summary = (plan: Plan) => [target(plan), plan.trace.pin, plan.pinned, plan.startsSession];

test('a session keeps to its origin, whatever the policy and the other pools say', () => {
  const { decide } = pinnedTo('b', '2');
  for (let i = 0; i < 20; i++) expect(summary(decide())).toEqual(['b/2', 'honoured', true, false]);
});

test('a request without a session begins one where it goes', () => {
  const { decide } = steer(pools(), { affinity: 'cookie' });
  const plan = decide(WITH_SESSIONS) as Plan;
  expect([plan.pinned, plan.startsSession, plan.trace.pin]).toEqual([false, true, 'none']);
});

test('where no sessions are kept, or nothing can carry one, no session is asked for', () => {
  const none = pinnedTo('b', '2', pools(), { affinity: 'none' });
  expect(summary(none.decide())).toEqual([expect.stringMatching(/^a/), 'none', false, false]);
  const dns = pinnedTo('b', '2');
  expect(summary(dns.decide({ sessionSource: null }))).toEqual([
    expect.stringMatching(/^a/),
    'none',
    false,
    false,
  ]);
});

test.each<[string, Parameters<typeof pinnedTo>, string]>([
  ['a pool that takes no part', ['b', '1', pools(), { defaultPools: ['a'] }], 'pool_gone'],
  ['a pool that is gone', ['c', '1', pools(), { defaultPools: ['a', 'c'] }], 'pool_gone'],
  ['a disabled pool', ['b', '1', [pools()[0]!, { ...pools()[1]!, enabled: false }]], 'pool_gone'],
  ['an origin that is gone', ['b', '3'], 'origin_gone'],
])('the session of %s begins anew elsewhere', (_what, pin, outcome) => {
  expect(summary(pinnedTo(...pin).decide())).toEqual([expect.stringMatching(/^a\//), outcome, false, true]);
});

test('T92 the session of an unhealthy origin begins anew, and an origin without a verdict is none to keep to', () => {
  const given = [livePool({ id: 'a', origins: [origin('1'), origin('2')] })];
  const { decide, verdict } = pinnedTo('a', '1', given);
  verdict('a', '2', 'healthy');
  expect(summary(decide())).toEqual(['a/2', 'origin_unhealthy', false, true]);
  verdict('a', '1', 'healthy');
  expect(summary(decide())).toEqual(['a/1', 'honoured', true, false]);
  verdict('a', '1', 'unhealthy');
  expect(summary(decide())).toEqual(['a/2', 'origin_unhealthy', false, true]);
});

test('a session stays with an origin of weight 0, and in a pool below minimum_origins', () => {
  const origins = [origin('1', { weight: 0 }), origin('2')];
  const { decide, verdict } = pinnedTo('a', '1', [livePool({ id: 'a', minimumOrigins: 2, origins })]);
  verdict('a', '1', 'healthy');
  expect(summary(decide())).toEqual(['a/1', 'honoured', true, false]);
});

test('the sessions of a disabled origin go on until they are drained, without a look at its health', () => {
  const origins = [origin('1', { enabled: false, disabledAt: NOW - 59_999 }), origin('2')];
  const at = (drainDuration: number, now = NOW) => {
    const fields = { affinityAttributes: attributes({ drainDuration }) };
    const { decide, verdict } = pinnedTo('a', '1', [livePool({ id: 'a', origins })], fields);
    verdict('a', '2', 'healthy');
    return summary(decide({ now }));
  };
  const drained = ['a/2', 'origin_gone', false, true];
  expect(at(60)).toEqual(['a/1', 'honoured', true, false]);
  expect(at(60, NOW + 1)).toEqual(drained);
  expect(at(59)).toEqual(drained);
  expect(at(0)).toEqual(drained);
});

test('new sessions never go to an origin that drains', () => {
  const origins = [origin('1', { enabled: false, disabledAt: NOW }), origin('2')];
  const fields: BalancerFields = {
    affinity: 'cookie',
    affinityAttributes: attributes({ drainDuration: 600 }),
  };
  const { decide } = steer([unmonitoredPool({ id: 'a', origins })], fields);
  for (let i = 0; i < 20; i++) expect(target(decide(WITH_SESSIONS))).toBe('a/2');
});

test('a session that is shed begins anew in the next pool, always the same share of clients', () => {
  const loadShedding = { defaultPercent: 0, defaultPolicy: 'random', sessionPercent: 40 } as const;
  const [a, b] = pools();
  const { decide } = pinnedTo('a', '1', [{ ...a!, loadShedding }, b!]);
  let shed = 0;
  for (let i = 0; i < 10_000; i++) {
    const plan = decide({ clientIp: `10.0.${i >> 8}.${i & 255}` });
    if (plan.pinned) continue;
    shed += 1;
    expect(summary(plan)).toEqual([expect.stringMatching(/^b\//), 'shed', false, true]);
    expect(plan.trace.skipped).toEqual([{ poolId: 'a', reason: 'shed' }]);
  }
  expect(Math.abs(shed / 10_000 - 0.4)).toBeLessThan(0.02);
});

test('default shedding does not touch sessions', () => {
  const loadShedding = { defaultPercent: 100, defaultPolicy: 'random', sessionPercent: 0 } as const;
  const [a, b] = pools();
  expect(summary(pinnedTo('a', '1', [{ ...a!, loadShedding }, b!]).decide())[0]).toBe('a/1');
});

test('while the fallback pool serves, its sessions stay; they end when a candidate is back', () => {
  const given = [
    livePool({ id: 'a', origins: [origin('1')] }),
    livePool({ id: 'fallback', origins: [origin('2'), origin('3')] }),
  ];
  const fields = { defaultPools: ['a'], affinity: 'cookie' } as const;
  const fresh = steer(given, fields).decide(WITH_SESSIONS) as Plan;
  expect(summary(fresh)).toEqual([expect.stringMatching(/via fallback$/), 'none', false, true]);
  for (const name of ['2', '3']) {
    const { decide, verdict } = pinnedTo('fallback', name, given, fields);
    expect(summary(decide())).toEqual([`fallback/${name} via fallback`, 'honoured', true, false]);
    verdict('a', '1', 'healthy');
    expect(summary(decide())).toEqual(['a/1', 'pool_gone', false, true]);
  }
});

test('T94 with ip_cookie a client without a session always begins at the same pool and origin', () => {
  const { decide } = steer(pools(), { affinity: 'ip_cookie', steeringPolicy: 'random' });
  const random = seededRandom(1);
  const seen = new Set<string>();
  for (let client = 0; client < 100; client++) {
    const context = { ...WITH_SESSIONS, random, clientIp: `192.0.2.${client}` };
    const first = target(decide(context));
    for (let again = 0; again < 10; again++) expect(target(decide(context))).toBe(first);
    seen.add(first);
  }
  expect([...seen].sort()).toEqual(['a/1', 'a/2', 'b/1', 'b/2']);
});

const ROWS: readonly [Affinity, LiveAffinityAttributes['zeroDowntimeFailover'], string, boolean][] = [
  ['cookie', 'none', 'nothing', false],
  ['cookie', 'temporary', 'b/1', false],
  ['cookie', 'sticky', 'b/1', true],
  ['ip_cookie', 'sticky', 'b/1', true],
  ['header', 'sticky', 'b/1', false],
];

test.each(ROWS)(
  'a session of %s with failover %s goes to: %s, for good: %s',
  (affinity, failover, to, moves) => {
    const affinityAttributes = attributes({ zeroDowntimeFailover: failover });
    const { decide, alternative } = pinnedTo('b', '2', pools(), { affinity, affinityAttributes });
    const other = alternative(decide(), [], WITH_SESSIONS);
    expect(target(other)).toBe(to);
    expect(other?.startsSession ?? false).toBe(moves);
    expect(other?.pinned ?? false).toBe(false);
  },
);

test('a request that begins a session is retried whatever the failover of sessions, and begins it there', () => {
  const { decide, alternative } = steer(pools(), { affinity: 'cookie' });
  const plan = decide(WITH_SESSIONS) as Plan;
  const other = alternative(plan, [], WITH_SESSIONS)!;
  expect(target(other)).toBe(plan.origin.name === '1' ? 'a/2' : 'a/1');
  expect(other.startsSession).toBe(true);
});
