// Load balancers of a running Offramp, made through its API.
import { once } from 'node:events';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { callApi } from './offramp.mjs';

const SERVED_LIMIT_MS = 10_000;

/** A load balancer of that name with one pool of these origins. */
export async function balance(offramp, host, origins) {
  const { account_id, zone_id } = offramp.ready;
  const name = host.split('.')[0];
  const pool = await callApi(offramp, 'POST', `/accounts/${account_id}/load_balancers/pools`, {
    ...{ name, origins: origins.map((origin, i) => ({ name: `origin-${i}`, ...origin })) },
  });
  const pools = { default_pools: [pool.id], fallback_pool: pool.id, proxied: true };
  await callApi(offramp, 'POST', `/zones/${zone_id}/load_balancers`, { name: host, ...pools });
}

/** Resolves when a request for it is answered with 200. */
export async function served(port, host, path) {
  const deadline = Date.now() + SERVED_LIMIT_MS;
  for (let status = 0, body = ''; status !== 200; ) {
    if (Date.now() > deadline) throw new Error(`${host} is answered with ${status}: ${body}`);
    // Not `fetch`, which does not let us choose the host.
    const request = get({ hostname: '127.0.0.1', port, path, headers: { host }, agent: false });
    const [response] = await once(request, 'response');
    status = response.statusCode;
    body = await text(response);
    if (status !== 200) await delay(100);
  }
}

/** The port of one of the addresses in the ready line. */
export const portOf = (address) => Number(address.slice(address.lastIndexOf(':') + 1));
