import { expect, test } from 'vitest';
import { createRateLimit, rateHeaders } from '../../src/api/rate-limit.js';
import { createFakeClock } from '../support/fake-clock.js';

const clock = createFakeClock();
const limited = (options: object = {}) =>
  createRateLimit({ limit: 2, now: clock.monotonic, windowMs: 300_000, ...options });

test('a user may ask as often as the limit says, and is blocked for a whole window from the first request beyond', () => {
  const limit = limited();
  expect(limit.take('ada')).toEqual({ blocked: false, limit: 2, remaining: 1, reset: 300 });
  clock.advance(200_000);
  expect(limit.take('ada')).toEqual({ blocked: false, limit: 2, remaining: 0, reset: 100 });
  expect(limit.take('ada')).toEqual({ blocked: true, limit: 2, remaining: 0, reset: 300 });
  clock.advance(299_999);
  expect(limit.take('ada')).toEqual({ blocked: true, limit: 2, remaining: 0, reset: 1 });
  clock.advance(1);
  expect(limit.take('ada')).toEqual({ blocked: false, limit: 2, remaining: 1, reset: 300 });
});

test('a window ends, also when nobody was blocked, and users do not count for each other', () => {
  const limit = limited();
  limit.take('ada');
  limit.take('ada');
  expect(limit.take('bob').remaining).toBe(1);
  clock.advance(300_000);
  expect(limit.take('ada').blocked).toBe(false);
});

test('no more users are counted than there is room for: the oldest window is forgotten', () => {
  const limit = limited({ maxUsers: 2, limit: 1 });
  for (const user of ['ada', 'bob', 'cy']) limit.take(user);
  expect(limit.take('bob').blocked).toBe(true);
  expect(limit.take('ada').blocked).toBe(false);
});

test('the headers tell the same in both dialects, and when to come back only to who is blocked', () => {
  const standing = { blocked: false, limit: 1200, remaining: 50, reset: 30 };
  expect(rateHeaders(standing, 300)).toEqual({
    'x-ratelimit-limit': '1200',
    'x-ratelimit-remaining': '50',
    'x-ratelimit-reset': '30',
    ratelimit: '"default";r=50;t=30',
    'ratelimit-policy': '"default";q=1200;w=300',
  });
  expect(rateHeaders({ ...standing, blocked: true }, 300)).toMatchObject({ 'retry-after': '30' });
});
