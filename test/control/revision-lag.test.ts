import { expect, test } from 'vitest';
import { createRevisionLag } from '../../src/control/revision-lag.js';

test('a change that the data plane has not confirmed is behind, and none after it', () => {
  const lag = createRevisionLag(7);
  expect(lag.read()).toEqual({ committed: 7, lagSeconds: 0 });
  lag.committed(8);
  lag.committed(10);
  lag.applied(8);
  expect(lag.read().committed).toBe(10);
  expect(lag.read().lagSeconds).toBeGreaterThan(0);
  lag.applied(10);
  expect(lag.read()).toEqual({ committed: 10, lagSeconds: 0 });
});

test('to confirm the newest is to confirm all, also when there were very many', () => {
  const lag = createRevisionLag(0);
  for (let revision = 1; revision <= 5_000; revision += 1) lag.committed(revision);
  expect(lag.read().lagSeconds).toBeGreaterThan(0);
  lag.applied(5_000);
  expect(lag.read()).toEqual({ committed: 5_000, lagSeconds: 0 });
});
