import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiOf } from '../../support/api.js';
import { LAB_FLAGS } from '../../support/lab.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;

beforeAll(async () => {
  offramp = await sharedOfframp(LAB_FLAGS);
});
afterAll(() => offramp.stop());

test('--min-monitor-interval lets checks come faster than Cloudflare allows, however long they take', async () => {
  const api = apiOf(offramp);
  const body = { expected_codes: '200', timeout: 5, retries: 2 };
  const monitor = await api.create('@/load_balancers/monitors', { ...body, interval: 1 });
  expect(monitor.interval).toBe(1);
  const refused = await api.post('@/load_balancers/monitors', { ...body, interval: 0 });
  expect(refused.body.errors[0].message).toBe('interval is not in range [1, 3600]: validation failed');
});
