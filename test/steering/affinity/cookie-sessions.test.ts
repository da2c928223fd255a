import { expect, test } from 'vitest';
import type { LivePool } from '../../../src/state/snapshot.js';
import { createSessions } from '../../../src/steering/affinity/sessions.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../../support/live-objects.js';
import { contextOf, sessionSourceOf } from './request-contexts.js';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const KEY = new Uint8Array(32).fill(7);
const A = liveOrigin({ address: '10.0.0.1', port: 80 });
const PIN = { poolId: 'a', originKey: A.key };

function setUp(affinity: Parameters<typeof liveLoadBalancer>[0] | object = {}, key = KEY) {
  const pools = new Map<string, LivePool>([['a', unmonitoredPool({ id: 'a', origins: [A] })]]);
  const sessions = createSessions({ pools, key, alwaysUseHttps: false });
  const balancer = liveLoadBalancer({ name: 'x', defaultPools: ['a'], affinity: 'cookie', ...affinity });
  return {
    pools,
    balancer,
    issue: (now = START) => sessions.pin(balancer, balancer.settings, contextOf(sessionSourceOf(), now), PIN),
    find: (value: string, now = START, as = balancer) =>
      sessions.find(as, as.settings, contextOf(sessionSourceOf({ __cflb: value }), now)),
    sessions,
  };
}

const cookieOf = (field: string | null) => /^__cflb=([^;]+)/.exec(field ?? '')![1]!;

test('a cookie leads back to its origin, and tells nothing of its address', () => {
  const { issue, find } = setUp();
  const value = cookieOf(issue());
  expect(find(value)).toEqual(PIN);
  expect(value).toMatch(/^[\w.-]{20,160}$/);
  const readable = value
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString('latin1'))
    .join();
  expect(value + readable).not.toContain('10.0.0.1');
});

test.each([
  ['the default of 23 hours', null, 23],
  ['the time that was set', 7_200, 2],
  ['the default, when the time fits another kind alone', 60, 23],
])('a cookie is good for %s, from its beginning', (_what, affinityTtl, hours) => {
  const { issue, find } = setUp({ affinityTtl });
  const value = cookieOf(issue());
  expect(issue()).toContain(`Expires=${new Date(START + hours * HOUR).toUTCString()};`);
  expect(find(value, START + hours * HOUR - 1)).toEqual(PIN);
  expect(find(value, START + hours * HOUR)).toBeNull();
});

test('T91 a cookie that was changed in any character is no cookie', () => {
  const { issue, find } = setUp();
  const value = cookieOf(issue());
  for (let i = 0; i < value.length; i++) {
    for (const other of ['A', 'B', '.', '0']) {
      if (value[i] !== other) expect(find(value.slice(0, i) + other + value.slice(i + 1))).toBeNull();
    }
  }
});

test.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['dots alone', '...'],
  ['a very long one', 'a'.repeat(100_000)],
  ['what looks like one', `zzzz.a.${'A'.repeat(22)}.${'A'.repeat(43)}`],
  ['other characters', '\u0000\u00ff'],
])('T91 a cookie of %s is no cookie', (_what, value) => {
  expect(setUp().find(value)).toBeNull();
});

test('T91 a cookie of another load balancer, and one of another server, is no cookie', () => {
  const { issue, find } = setUp();
  const other = liveLoadBalancer({ name: 'y', defaultPools: ['a'], affinity: 'cookie' });
  expect(find(cookieOf(issue()), START, other)).toBeNull();
  expect(setUp({}, new Uint8Array(32).fill(8)).find(cookieOf(issue()))).toBeNull();
});

test('a cookie from the future is none, but clocks may differ a little', () => {
  const { issue, find } = setUp();
  expect(find(cookieOf(issue(START + 30_000)))).toEqual(PIN);
  expect(find(cookieOf(issue(START + 120_000)))).toBeNull();
});

test('a cookie whose origin is gone still names its pool', () => {
  const { issue, find, pools } = setUp();
  const value = cookieOf(issue());
  pools.set('a', unmonitoredPool({ id: 'a', origins: [liveOrigin({ address: '10.0.0.2' })] }));
  expect(find(value)).toEqual({ poolId: 'a', originKey: '' });
  pools.delete('a');
  expect(find(value)).toEqual({ poolId: 'a', originKey: '' });
});

test('cookie and ip_cookie read the same cookie; without affinity there is none', () => {
  const { issue, find, balancer, sessions } = setUp();
  const ip = { ...balancer, settings: { ...balancer.settings, affinity: 'ip_cookie' as const } };
  const off = { ...balancer, settings: { ...balancer.settings, affinity: 'none' as const } };
  expect(find(cookieOf(issue()), START, ip)).toEqual(PIN);
  expect(find(cookieOf(issue()), START, off)).toBeNull();
  expect(sessions.pin(off, off.settings, contextOf(sessionSourceOf(), START), PIN)).toBeNull();
  expect(sessions.pin(balancer, balancer.settings, contextOf(null, START), PIN)).toBeNull();
});
