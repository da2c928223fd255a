import { expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { startOfframp } from '../support/offramp.js';
import { sharedOfframp } from '../support/shared-offramp.js';

test('T112 with --rate-limit a user who asks too often is told when to come back, and others go on', async () => {
  const offramp = await startOfframp(['--rate-limit', '3']);
  const [ada, bob] = [apiOf(offramp, 'ada'), apiOf(offramp, 'bob')];
  const remaining = [];
  for (let i = 0; i < 3; i++)
    remaining.push((await ada.get('/accounts')).headers.get('x-ratelimit-remaining'));
  expect(remaining).toEqual(['2', '1', '0']);
  const refused = await ada.post('@/teamnet/virtual_networks', { name: 'too much' });
  expect([refused.status, refused.body.errors[0].message]).toEqual([
    429,
    'Please wait and consider throttling your request speed',
  ]);
  expect(refused.headers.get('retry-after')).toBe('300');
  expect(refused.headers.get('ratelimit')).toBe('"default";r=0;t=300');
  expect((await ada.get('/nowhere')).status).toBe(429);
  // What is for tests is no request of Cloudflare's API, and works when the limit is reached.
  const reset = new URL('/_offramp/reset', offramp.apiUrl);
  const headers = { authorization: 'Bearer ada' };
  expect((await fetch(reset, { method: 'POST', headers })).status).toBe(200);
  expect((await ada.get('/accounts')).headers.get('x-ratelimit-remaining')).toBe('2');
  const networks = (await bob.get('@/teamnet/virtual_networks')).body.result;
  expect(networks.map(({ name }: { name: string }) => name)).toEqual(['default']);
  await offramp.stop();
});

test('without it nobody is counted', async () => {
  const offramp = await sharedOfframp();
  expect((await apiOf(offramp).get('/accounts')).headers.get('ratelimit')).toBeNull();
  await offramp.stop();
});
