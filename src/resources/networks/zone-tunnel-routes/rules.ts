import { ApiError } from '../../../api/errors.js';
import { canonicalHost } from '../../../net/host.js';
import { tunnelHostname } from '../../../net/tunnel-hostname.js';
import type { Tx } from '../../../storage/database.js';
import { leadToTunnel } from '../../accounts/dns-records/index.js';
import { getZone } from '../../accounts/zones/index.js';
import type { Settings } from '../../context.js';
import { createLoadBalancer, mergeLoadBalancer } from '../../load-balancing/load-balancers/index.js';
import { createPool, mergePool, poolFieldsOf, poolName } from '../../load-balancing/pools/index.js';
import { liveTunnel } from '../../tunnels/cloudflared/index.js';
import type { Body, Change, Result } from './schema.js';
import * as store from './store.js';

/**
 * Leads a host name to the tunnel: with a DNS record, or by making `<tunnel>.cfargotunnel.com` an origin of the pool, and the
 * pool one of the load balancer. What is not there is created.
 */
export async function route(
  tx: Tx,
  settings: Settings,
  zoneId: string,
  tunnelId: string,
  body: Body,
): Promise<Result> {
  const zone = await getZone(tx.db, zoneId);
  const { accountId } = zone;
  await liveTunnel(tx.db, accountId, tunnelId, ['cfd_tunnel']);
  if (body.type === 'dns')
    return await leadToTunnel(tx, zone, tunnelId, body.user_hostname, body.overwrite_existing ?? false);
  const problem = poolName.safeParse(body.lb_pool).error?.issues[0];
  if (problem) throw new ApiError('unparsable_input', `lb_pool ${problem.message}`);
  const pool = await poolWithTunnel(tx, settings, accountId, body.lb_pool, tunnelId);
  const balancer = await balancerWithPool(tx, zoneId, canonicalHost(body.lb_name), pool.id);
  return { load_balancer: balancer, pool: pool.change };
}

async function poolWithTunnel(
  tx: Tx,
  settings: Settings,
  accountId: string,
  name: string,
  tunnelId: string,
): Promise<{ id: string; change: Change }> {
  // Named by the id, which no other origin of the pool can have taken.
  const origin = { name: tunnelId, address: tunnelHostname(tunnelId) };
  const pool = await store.findPool(tx.db, accountId, name);
  if (!pool) {
    const created = await createPool(tx, settings, accountId, { name, origins: [origin] });
    return { id: created.id, change: 'new' };
  }
  if (pool.origins.some(({ address }) => canonicalHost(address) === origin.address))
    return { id: pool.id, change: 'unchanged' };
  const { origins } = poolFieldsOf(pool);
  await mergePool(tx, settings, accountId, pool.id, { origins: [...origins, origin] });
  return { id: pool.id, change: 'updated' };
}

async function balancerWithPool(tx: Tx, zoneId: string, name: string, pool: string): Promise<Change> {
  const owner = { zone_id: zoneId };
  const balancer = await store.findLoadBalancer(tx.db, zoneId, name);
  if (!balancer) {
    await createLoadBalancer(tx, owner, { name, default_pools: [pool], fallback_pool: pool, proxied: true });
    return 'new';
  }
  if (balancer.defaultPools.includes(pool)) return 'unchanged';
  await mergeLoadBalancer(tx, owner, balancer.id, { default_pools: [...balancer.defaultPools, pool] });
  return 'updated';
}
