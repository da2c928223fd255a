// The API through openapi-fetch, with the types that openapi-typescript has made.
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { paths } from './generated.js';

const { OFFRAMP_URL = '', ACCOUNT_ID: account_id = '', TOKEN = '', NAME = '' } = process.env;
const client = createClient<paths>({ baseUrl: OFFRAMP_URL, headers: { authorization: `Bearer ${TOKEN}` } });
const passed = (check: string) => console.log(`passed ${check}`);

/** Does not compile when the type of the value is `any`. */
const isText = <T>(value: T & (0 extends 1 & T ? never : string)): string => value;

const POOLS = '/accounts/{account_id}/load_balancers/pools';
const POOL = '/accounts/{account_id}/load_balancers/pools/{pool_id}';
const path = { account_id };

const origins = [{ name: 'one', address: '192.0.2.1' }];
const created = await client.POST(POOLS, { params: { path }, body: { name: NAME, origins } });
const pool = created.data?.result;
assert(pool?.origins[0]);
assert.equal(isText(pool.origins[0].address), '192.0.2.1');
passed('create');

const listed = await client.GET(POOLS, { params: { path, query: { per_page: 50 } } });
assert(listed.data);
assert(listed.data.result.some(({ id }) => id === pool.id));
assert.equal(listed.data.result_info.page, 1);
passed('list');

const changed = await client.PATCH(POOL, {
  params: { path: { ...path, pool_id: pool.id } },
  body: { origins: [...origins, { name: 'two', address: '192.0.2.2', weight: 0.5 }] },
});
assert.deepEqual(
  changed.data?.result.origins.map(({ address }) => address),
  ['192.0.2.1', '192.0.2.2'],
);
passed('patch');

const refused = await client.POST(POOLS, { params: { path }, body: { name: 'not a name', origins } });
assert.equal(refused.response.status, 400);
assert(isText(refused.error?.errors[0]?.message ?? '').includes('name'));
passed('400');

const missing = await client.GET(POOL, { params: { path: { ...path, pool_id: '0'.repeat(32) } } });
assert.equal(missing.response.status, 404);
assert(missing.error?.errors[0]?.code);
passed('404');

const network = await client.POST('/accounts/{account_id}/teamnet/virtual_networks', {
  params: { path },
  body: { name: NAME },
});
const tunnel = await client.POST('/accounts/{account_id}/cfd_tunnel', {
  params: { path },
  body: { name: NAME },
});
assert(network.data && tunnel.data);
passed('virtual network');
passed('tunnel');

const route = await client.POST('/accounts/{account_id}/teamnet/routes', {
  params: { path },
  body: {
    network: '10.1.0.0/16',
    tunnel_id: tunnel.data.result.id,
    virtual_network_id: network.data.result.id,
  },
});
assert.equal(route.data?.result.network, '10.1.0.0/16');
passed('route');
