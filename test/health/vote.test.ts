import { expect, test } from 'vitest';
import { aggregateFindings, type Finding, UNCHECKED } from '../../src/health/verdict.js';
import type { HealthState } from '../../src/state/health-board.js';

const STATES = { h: 'healthy', u: 'unhealthy', '?': 'unknown' } as const satisfies Record<
  string,
  HealthState
>;

/** `h`, `u` or `?`, then `!` when it must be healthy and `m` when it only monitors. */
const finding = (text: string): Finding => ({
  health: { ...UNCHECKED, state: STATES[text[0] as keyof typeof STATES] },
  mustBeHealthy: text.includes('!'),
  monitoringOnly: text.includes('m'),
});

test.each([
  ['h!', 'healthy'],
  ['u!', 'unhealthy'],
  ['?!', 'unknown'],
  ['h', 'healthy'],
  ['u', 'unhealthy'],
  // A monitor that must find it healthy decides alone.
  ['u! h h', 'unhealthy'],
  ['u! u h', 'unhealthy'],
  ['?! h h', 'unknown'],
  ['?! u u', 'unhealthy'],
  // And votes, like all others.
  ['h! u u', 'unhealthy'],
  ['h! h u', 'healthy'],
  // More than half, not just half.
  ['u u h h', 'healthy'],
  ['u u u h', 'unhealthy'],
  ['u h', 'healthy'],
  // What is open counts as down while it could still turn the verdict.
  ['? h', 'healthy'],
  ['? ? h', 'unknown'],
  ['? u h', 'unknown'],
  ['? u u', 'unhealthy'],
  ['? h h', 'healthy'],
  // Those that only monitor have no say, whatever else they are.
  ['um h', 'healthy'],
  ['um! h', 'healthy'],
  ['um um u h', 'healthy'],
  ['hm hm u', 'unhealthy'],
  ['?m h', 'healthy'],
  ['hm', 'unknown'],
  ['um!', 'unknown'],
  ['', 'unknown'],
])('%s is %s', (findings, state) => {
  expect(aggregateFindings(findings.split(' ').filter(Boolean).map(finding)).state).toBe(state);
});

const found = (text: string, health: Partial<Finding['health']>): Finding => {
  const one = finding(text);
  return { ...one, health: { ...one.health, ...health } };
};

test('the verdict shows the reason and the code of a monitor that speaks for it, and the mean round trips', () => {
  const findings = [
    found('u', { failureReason: 'TCP Timeout', rttMs: 10, latencyMs: 20, checkedAt: 5 }),
    found('u!', {
      failureReason: 'Response code mismatch error',
      responseCode: 500,
      rttMs: 20,
      latencyMs: 40,
      checkedAt: 3,
    }),
    found('h', { responseCode: 200, checkedAt: 4 }),
    found('um', { failureReason: 'Other Failure', rttMs: 900, latencyMs: 900, checkedAt: 9 }),
  ];
  expect(aggregateFindings(findings)).toEqual({
    state: 'unhealthy',
    failureReason: 'Response code mismatch error',
    failureDetail: null,
    responseCode: 500,
    rttMs: 15,
    latencyMs: 30,
    checkedAt: 9,
  });
  expect(aggregateFindings(findings.slice(2))).toEqual({
    state: 'healthy',
    failureReason: 'No failures',
    failureDetail: null,
    responseCode: 200,
    rttMs: null,
    latencyMs: null,
    checkedAt: 9,
  });
});

test('the finding of a single monitor is the health, whatever it is', () => {
  const health = {
    state: 'unknown',
    failureReason: 'TCP Timeout',
    failureDetail: null,
    responseCode: 0,
    rttMs: null,
    latencyMs: 4,
    checkedAt: 7,
  } as const;
  expect(aggregateFindings([found('?!', health)])).toEqual(health);
});
