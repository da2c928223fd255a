const { once } = require('node:events');
const http = require('node:http');
const { useOfframp } = require('@offramp-ltm/offramp/testing');
const Cloudflare = require('cloudflare');

const offramp = useOfframp();

const origin = http.createServer((request, response) =>
  response.end(`${request.headers.host} from the origin`),
);
beforeAll(() => once(origin.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => void origin.close());

test('traffic goes where the load balancer of the SDK says', async () => {
  const { loadBalancers } = new Cloudflare(offramp.sdk);
  const pool = await loadBalancers.pools.create({
    account_id: offramp.accountId,
    name: 'main',
    origins: [{ name: 'local', address: '127.0.0.1', port: origin.address().port }],
  });
  await loadBalancers.create({
    zone_id: offramp.zoneId,
    name: `www.${offramp.domain}`,
    default_pools: [pool.id],
    fallback_pool: pool.id,
    proxied: true,
  });

  const answer = await offramp.visit(`http://www.${offramp.domain}/cart`);
  expect(answer).toMatchObject({ status: 200, body: `www.${offramp.domain} from the origin` });
  expect(await offramp.waitForRequests(1, { path: '/cart' })).toMatchObject([
    { status: 200, pool: { name: 'main' }, origin: { name: 'local' } },
  ]);
});
