import type { Client, Tx } from '../../../storage/database.js';
import type { LoadBalancer as BalancerRow } from '../../../storage/generated/client.js';
import { jsonOrNull } from '../../../storage/json.js';

/** With the name of its zone, which answers show; null for one of an account. */
export type LoadBalancer = BalancerRow & { readonly zone: { readonly name: string } | null };

/** Where a load balancer is looked for: among those of a zone, or of the account itself. */
interface Owner {
  readonly accountId: string;
  readonly zone: { readonly id: string } | null;
}

const ownedBy = ({ accountId, zone }: Owner) => ({ accountId, zoneId: zone?.id ?? null });

export function find(db: Client, owner: Owner, id: string): Promise<BalancerRow | null> {
  return db.loadBalancer.findFirst({ where: { id, ...ownedBy(owner) } });
}

/** The one that has this host name, or, where there are none, this name. */
export function findNamesake(
  db: Client,
  owner: Owner,
  { name, hostname }: { readonly name: string; readonly hostname: string | null },
): Promise<BalancerRow | null> {
  const where = hostname === null ? { name } : { hostname };
  return db.loadBalancer.findFirst({ where: { ...where, ...ownedBy(owner) } });
}

/** Those with these ids, or all. */
export function findForLive(db: Client, ids: readonly string[] | null): Promise<LoadBalancer[]> {
  return db.loadBalancer.findMany({
    where: ids ? { id: { in: [...ids] } } : {},
    include: { zone: { select: { name: true } } },
    orderBy: [{ createdOn: 'asc' }, { id: 'asc' }],
  });
}

/** How a write changes which pools a load balancer names: none of those can be deleted before it. */
export interface NamedPools {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export async function insert(tx: Tx, balancer: LoadBalancer, pools: readonly string[]): Promise<void> {
  await tx.db.loadBalancer.create({ data: columns(balancer) });
  await namePools(tx, balancer.id, pools);
  tx.changed('load_balancer', balancer.id);
}

export async function update(tx: Tx, balancer: LoadBalancer, { added, removed }: NamedPools): Promise<void> {
  const loadBalancerId = balancer.id;
  await tx.db.loadBalancer.update({ where: { id: loadBalancerId }, data: columns(balancer) });
  if (removed.length > 0)
    await tx.db.loadBalancerPool.deleteMany({ where: { loadBalancerId, poolId: { in: [...removed] } } });
  if (added.length > 0) await namePools(tx, loadBalancerId, added);
  tx.changed('load_balancer', loadBalancerId);
}

export async function remove(tx: Tx, id: string): Promise<void> {
  await tx.db.loadBalancer.delete({ where: { id } });
  tx.changed('load_balancer', id);
}

async function namePools(tx: Tx, loadBalancerId: string, pools: readonly string[]): Promise<void> {
  await tx.db.loadBalancerPool.createMany({ data: pools.map((poolId) => ({ loadBalancerId, poolId })) });
}

function columns({ zone: _zone, ...balancer }: LoadBalancer) {
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
