import { useOfframp } from '@offramp-ltm/offramp/testing';
import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';

const offramp = useOfframp({ beforeAll, afterAll });

test('no file sees the pools of another one', async () => {
  const { pools } = new Cloudflare(offramp.sdk).loadBalancers;
  const account = { account_id: offramp.accountId };
  const origins = [{ name: 'one', address: '192.0.2.1' }];
  // traffic.test.ts has a pool of this name as well.
  await pools.create({ ...account, name: 'main', origins });
  expect((await pools.list(account)).result.map(({ name }) => name)).toEqual(['main']);
});
