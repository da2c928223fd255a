import { expect, test } from 'vitest';
import { advance, NEW_TRACK, type Outcome } from '../../src/health/track.js';

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
  let track = NEW_TRACK;
  for (const one of [outcome(null, false), outcome(100), outcome(200), outcome(null, false), outcome(20)]) {
    track = advance(track, one, THRESHOLDS, null);
    latencies.push(track.health.latencyMs);
  }
  expect(latencies).toEqual([null, 100, 120, 120, 100]);
  expect(track.health.rttMs).toBe(20);
});
