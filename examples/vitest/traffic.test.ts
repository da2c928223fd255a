import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { useOfframp } from '@offramp-ltm/offramp/testing';
import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';

const offramp = useOfframp({ beforeAll, afterAll });

const origin = http.createServer((request, response) =>
  response.end(`${request.headers.host} from the origin`),
);
beforeAll(async () => {
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
});
afterAll(() => void origin.close());

test('traffic goes where the load balancer of the SDK says', async () => {
  const cloudflare = new Cloudflare(offramp.sdk);
  const { port } = origin.address() as AddressInfo;
  const pool = await cloudflare.loadBalancers.pools.create({
    account_id: offramp.accountId,
    name: 'main',
    origins: [{ name: 'local', address: '127.0.0.1', port }],
  });
  await cloudflare.loadBalancers.create({
    zone_id: offramp.zoneId,
    name: `www.${offramp.domain}`,
    default_pools: [pool.id!],
    fallback_pool: pool.id!,
    proxied: true,
  });

  const answer = await offramp.visit(`http://www.${offramp.domain}/cart`);
  expect(answer).toMatchObject({ status: 200, body: `www.${offramp.domain} from the origin` });
  expect(await offramp.waitForRequests(1, { path: '/cart' })).toMatchObject([
    { status: 200, pool: { name: 'main' }, origin: { name: 'local' } },
  ]);
  expect(await offramp.explain(`http://www.${offramp.domain}/`)).toMatchObject({
    chosen: { pool: { name: 'main' } },
  });
});
