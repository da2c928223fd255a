import { expect, test } from 'vitest';
import { aggregatePlaces, quorum, UNCHECKED } from '../../src/health/verdict.js';

const STATES = { h: 'healthy', u: 'unhealthy', '?': 'unknown' } as const;

test.each([
  ['h', 'healthy'],
  ['u', 'unhealthy'],
  ['?', 'unknown'],
  ['hhu', 'healthy'],
  ['huu', 'unhealthy'],
  // A tie is not more than half.
  ['hu', 'unhealthy'],
  ['hhuu', 'unhealthy'],
  ['hhhuu', 'healthy'],
  // Open for as long as it could still be healthy.
  ['h?', 'unknown'],
  ['u?', 'unhealthy'],
  ['hu?', 'unknown'],
  ['hh?', 'healthy'],
  ['uu?', 'unhealthy'],
  ['u??', 'unknown'],
])('T30 regions that find %s find together %s', (states, together) => {
  expect(quorum([...states].map((state) => STATES[state as keyof typeof STATES]))).toBe(together);
});

test('what regions find together has the reason of one that finds it, and the mean round trips', () => {
  const place = { ...UNCHECKED, checkedAt: 7 };
  expect(
    aggregatePlaces([
      { ...place, state: 'healthy', responseCode: 200, rttMs: 10, latencyMs: 20 },
      { ...place, state: 'unhealthy', failureReason: 'TCP Timeout', rttMs: 30, latencyMs: 40 },
      { ...place, state: 'unhealthy', failureReason: 'Other Failure' },
    ]),
  ).toEqual({
    state: 'unhealthy',
    failureReason: 'TCP Timeout',
    failureDetail: null,
    responseCode: 0,
    rttMs: 20,
    latencyMs: 30,
    checkedAt: 7,
  });
});
