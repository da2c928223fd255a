import { expect, test } from 'vitest';
import { applyOutcome, NEW_HISTORY, type Outcome } from '../../src/health/verdict.js';

const THRESHOLDS = { consecutiveUp: 1, consecutiveDown: 1 };

const outcome = (rttMs: number | null, passed = true): Outcome => ({
  result: {
    passed,
    reason: passed ? 'No failures' : 'TCP Timeout',
    detail: null,
    responseCode: 0,
    rttMs,
  },
  certain: false,
  at: 1,
});

test('the latency is the first round trip, and then four fifths of what it was and a fifth of the newest', () => {
  const latencies: (number | null)[] = [];
  let history = NEW_HISTORY;
  for (const one of [outcome(null, false), outcome(100), outcome(200), outcome(null, false), outcome(20)]) {
    history = applyOutcome(history, one, THRESHOLDS, null);
    latencies.push(history.health.latencyMs);
  }
  expect(latencies).toEqual([null, 100, 120, 120, 100]);
  expect(history.health.rttMs).toBe(20);
});
