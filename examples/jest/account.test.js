const { useOfframp } = require('@offramp-ltm/offramp/testing');
const Cloudflare = require('cloudflare');

const offramp = useOfframp();

test('no file sees the pools of another one', async () => {
  const { pools } = new Cloudflare(offramp.sdk).loadBalancers;
  const account = { account_id: offramp.accountId };
  // traffic.test.js has a pool of this name as well.
  await pools.create({ ...account, name: 'main', origins: [{ name: 'one', address: '192.0.2.1' }] });
  expect((await pools.list(account)).result.map(({ name }) => name)).toEqual(['main']);
});
