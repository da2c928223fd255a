import { expect, test } from 'vitest';
import { backoffMs, failuresAfter, hurriedMs, hurryUntil } from '../../src/tunnel/connector/connector.js';

test('the wait is anything up to two seconds, doubled with each failure up to thirty-two', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => backoffMs(failures, () => 1));
  expect(longest).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000, 32_000]);
  expect(backoffMs(1, () => 0)).toBe(0);
  expect(backoffMs(9, () => 0.5)).toBe(16_000);
});

test('a connection that lasted makes up for the failures before it, one that is gone at once does not', () => {
  expect(failuresAfter(3, 7_999)).toBe(3);
  expect(failuresAfter(3, 8_000)).toBe(0);
  expect(failuresAfter(100, 32_000)).toBe(0);
});

test('an edge that says goodbye is tried in quick succession for five seconds, unless it says so at once', () => {
  expect(hurryUntil(100, 1_000)).toBe(5_100);
  expect(hurryUntil(100, 999)).toBe(0);
  expect([hurriedMs(() => 0), hurriedMs(() => 1)]).toEqual([0, 500]);
});
