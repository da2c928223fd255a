// The API through the functions that @hey-api/openapi-ts has made.
import assert from 'node:assert/strict';
import { client } from './generated/client.gen.js';
import {
  accountLoadBalancerPoolsCreatePool,
  accountLoadBalancerPoolsListPools,
  accountLoadBalancerPoolsPatchPool,
  accountLoadBalancerPoolsPoolDetails,
  cloudflareTunnelCreateACloudflareTunnel,
  tunnelRouteCreateATunnelRoute,
  tunnelVirtualNetworkCreateAVirtualNetwork,
} from './generated/sdk.gen.js';

const { OFFRAMP_URL = '', ACCOUNT_ID: account_id = '', TOKEN = '', NAME = '' } = process.env;
client.setConfig({ baseUrl: OFFRAMP_URL, auth: ({ scheme }) => (scheme === 'bearer' ? TOKEN : undefined) });
const passed = (check: string) => console.log(`passed ${check}`);

/** Does not compile when the type of the value is `any`. */
const isText = <T>(value: T & (0 extends 1 & T ? never : string)): string => value;

const path = { account_id };
const origins = [{ name: 'one', address: '192.0.2.1' }];

const created = await accountLoadBalancerPoolsCreatePool({ path, body: { name: NAME, origins } });
const pool = created.data?.result;
assert(pool?.origins[0]);
assert.equal(isText(pool.origins[0].address), '192.0.2.1');
passed('create');

const listed = await accountLoadBalancerPoolsListPools({ path, query: { per_page: 50 } });
assert(listed.data?.result.some(({ id }) => id === pool.id));
passed('list');

const changed = await accountLoadBalancerPoolsPatchPool({
  path: { ...path, pool_id: pool.id },
  body: { origins: [...origins, { name: 'two', address: '192.0.2.2', weight: 0.5 }] },
});
assert.deepEqual(
  changed.data?.result.origins.map(({ address }) => address),
  ['192.0.2.1', '192.0.2.2'],
);
passed('patch');

const refused = await accountLoadBalancerPoolsCreatePool({ path, body: { name: 'not a name', origins } });
assert.equal(refused.response.status, 400);
assert(isText(refused.error?.errors[0]?.message ?? '').includes('name'));
passed('400');

const missing = await accountLoadBalancerPoolsPoolDetails({ path: { ...path, pool_id: '0'.repeat(32) } });
assert.equal(missing.response.status, 404);
passed('404');

const network = await tunnelVirtualNetworkCreateAVirtualNetwork({ path, body: { name: NAME } });
const tunnel = await cloudflareTunnelCreateACloudflareTunnel({ path, body: { name: NAME } });
assert(network.data && tunnel.data);
passed('virtual network');
passed('tunnel');

const route = await tunnelRouteCreateATunnelRoute({
  path,
  body: {
    network: '10.1.0.0/16',
    tunnel_id: tunnel.data.result.id,
    virtual_network_id: network.data.result.id,
  },
});
assert.equal(route.data?.result.network, '10.1.0.0/16');
passed('route');
