import type { Client, Tx } from '../../storage/database.js';
import type { LoadBalancer } from '../../storage/generated/client.js';
import { jsonOrNull } from '../../storage/json.js';

export type { LoadBalancer };

export function find(db: Client, zoneId: string, id: string): Promise<LoadBalancer | null> {
  return db.loadBalancer.findFirst({ where: { id, zoneId } });
}

export function findByName(db: Client, zoneId: string, name: string): Promise<LoadBalancer | null> {
  return db.loadBalancer.findUnique({ where: { zoneId_name: { zoneId, name } } });
}

export function list(db: Client, zoneId: string): Promise<LoadBalancer[]> {
  return db.loadBalancer.findMany({ where: { zoneId }, orderBy: [{ createdOn: 'asc' }, { id: 'asc' }] });
}

/** Those with these ids, or all. */
export function findForLive(db: Client, ids: readonly string[] | null): Promise<LoadBalancer[]> {
  return db.loadBalancer.findMany({ where: ids ? { id: { in: [...ids] } } : {} });
}

/** `pools` are all that the load balancer names: none of them can be deleted before it. */
export async function insert(tx: Tx, balancer: LoadBalancer, pools: readonly string[]): Promise<void> {
  await tx.db.loadBalancer.create({ data: columns(balancer) });
  await namePools(tx, balancer.id, pools);
  tx.changed('load_balancer', balancer.id);
}

export async function update(tx: Tx, balancer: LoadBalancer, pools: readonly string[]): Promise<void> {
  await tx.db.loadBalancer.update({ where: { id: balancer.id }, data: columns(balancer) });
  await tx.db.loadBalancerPool.deleteMany({ where: { loadBalancerId: balancer.id } });
  await namePools(tx, balancer.id, pools);
  tx.changed('load_balancer', balancer.id);
}

export async function remove(tx: Tx, id: string): Promise<void> {
  await tx.db.loadBalancer.delete({ where: { id } });
  tx.changed('load_balancer', id);
}

async function namePools(tx: Tx, loadBalancerId: string, pools: readonly string[]): Promise<void> {
  await tx.db.loadBalancerPool.createMany({ data: pools.map((poolId) => ({ loadBalancerId, poolId })) });
}

function columns(balancer: LoadBalancer) {
  return {
    ...balancer,
    defaultPools: balancer.defaultPools as object,
    regionPools: balancer.regionPools as object,
    countryPools: balancer.countryPools as object,
    popPools: balancer.popPools as object,
    rules: balancer.rules as object,
    poolSets: balancer.poolSets as object,
    sessionAffinityAttributes: jsonOrNull(balancer.sessionAffinityAttributes),
    randomSteering: jsonOrNull(balancer.randomSteering),
    adaptiveRouting: jsonOrNull(balancer.adaptiveRouting),
    locationStrategy: jsonOrNull(balancer.locationStrategy),
    networks: jsonOrNull(balancer.networks),
  };
}
