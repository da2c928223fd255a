import { expect, test } from 'vitest';
import { backoffMs } from '../../src/connector/backoff.js';

test('the wait doubles from one second to thirty, and half of it is random', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => backoffMs(failures, () => 1));
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoffMs(1, () => 0)).toBe(500);
  expect(backoffMs(9, () => 0.5)).toBe(22_500);
});
