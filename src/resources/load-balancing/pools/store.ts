import { isDeepStrictEqual } from 'node:util';
import type { Client, Tx } from '../../../storage/database.js';
import type { Pool as PoolRow, Origin as StoredOrigin } from '../../../storage/generated/client.js';
import { jsonOrNull } from '../../../storage/json.js';

export type { PoolRow, StoredOrigin };
export type Pool = PoolRow & { readonly origins: readonly StoredOrigin[] };
export interface Network {
  readonly id: string;
  readonly name: string;
}

const include = { origins: { orderBy: { position: 'asc' as const } } };
const label = { id: true, name: true };
const oldestFirst = [{ createdOn: 'asc' as const }, { id: 'asc' as const }];

export function find(db: Client, accountId: string, id: string): Promise<Pool | null> {
  return db.pool.findFirst({ where: { id, accountId }, include });
}

export function findByName(db: Client, accountId: string, name: string): Promise<PoolRow | null> {
  return db.pool.findUnique({ where: { accountId_name: { accountId, name } } });
}

export function listByName(
  db: Client,
  accountId: string,
  window: { skip?: number; take?: number },
): Promise<Pool[]> {
  return db.pool.findMany({ where: { accountId }, include, orderBy: { name: 'asc' }, ...window });
}

export function count(db: Client, accountId: string): Promise<number> {
  return db.pool.count({ where: { accountId } });
}

/** Those with these ids, or all. */
export function findForLive(db: Client, ids: readonly string[] | null): Promise<Pool[]> {
  return db.pool.findMany({ where: ids ? { id: { in: [...ids] } } : {}, include, orderBy: oldestFirst });
}

/** Which of these pools the account has. */
export async function existing(db: Client, accountId: string, ids: readonly string[]): Promise<Set<string>> {
  const pools = await db.pool.findMany({
    where: { accountId, id: { in: [...ids] } },
    select: { id: true },
  });
  return new Set(pools.map(({ id }) => id));
}

/** The load balancers that name this pool in whatever field. */
export function balancersWith(db: Client, id: string): Promise<Network[]> {
  return db.loadBalancer.findMany({
    where: { pools: { some: { poolId: id } } },
    select: label,
    orderBy: oldestFirst,
  });
}

export function liveNetworks(db: Client, accountId: string, ids: readonly string[]): Promise<Network[]> {
  return db.virtualNetwork.findMany({
    where: { accountId, id: { in: [...ids] }, deletedAt: null },
    select: label,
  });
}

/** An origin of another pool that has one of these canonical addresses in another virtual network. */
export async function heldInOtherNetwork(
  db: Client,
  accountId: string,
  ips: readonly string[],
  networkId: string,
  exceptPool: string | null,
): Promise<{ ip: string | null; pool: Network; virtualNetwork: Network | null } | null> {
  const held = await db.origin.findFirst({
    where: {
      accountId,
      ip: { in: [...ips] },
      ...(exceptPool === null ? {} : { poolId: { not: exceptPool } }),
      // In SQL a NULL is not different from anything, so origins outside of all networks are not found.
      virtualNetworkId: { not: networkId },
    },
    select: { poolId: true, position: true },
    orderBy: [{ poolId: 'asc' }, { position: 'asc' }],
  });
  // Labels are asked for apart: with them, finding nothing, as nearly always, would take three queries instead of one.
  return held && (await placeOf(db, held));
}

function placeOf(db: Client, { poolId, position }: { poolId: string; position: number }) {
  return db.origin.findUnique({
    where: { poolId_position: { poolId, position } },
    select: { ip: true, pool: { select: label }, virtualNetwork: { select: label } },
  });
}

export async function insert(tx: Tx, { origins, ...pool }: Pool): Promise<void> {
  await tx.db.pool.create({ data: columns(pool) });
  await insertOrigins(tx, origins);
  tx.changed('pool', pool.id);
}

/** `before` is what is stored: a thousand origins are not written again for another description. */
export async function update(tx: Tx, { origins, ...pool }: Pool, before: Pool): Promise<void> {
  await tx.db.pool.update({ where: { id: pool.id }, data: columns(pool) });
  if (!isDeepStrictEqual(origins, before.origins)) {
    await tx.db.origin.deleteMany({ where: { poolId: pool.id } });
    await insertOrigins(tx, origins);
  }
  tx.changed('pool', pool.id);
}

export async function clearEmails(tx: Tx, ids: readonly string[], modifiedOn: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx.db.pool.updateMany({
    where: { id: { in: [...ids] } },
    data: { notificationEmail: '', modifiedOn },
  });
  for (const id of ids) tx.changed('pool', id);
}

export async function remove(tx: Tx, id: string): Promise<void> {
  await tx.db.pool.delete({ where: { id } });
  tx.changed('pool', id);
}

async function insertOrigins(tx: Tx, origins: readonly StoredOrigin[]): Promise<void> {
  await tx.db.origin.createMany({
    data: origins.map((origin) => ({ ...origin, header: jsonOrNull(origin.header) })),
  });
}

function columns(pool: PoolRow) {
  return {
    ...pool,
    checkRegions: jsonOrNull(pool.checkRegions),
    healthSources: jsonOrNull(pool.healthSources),
    loadShedding: jsonOrNull(pool.loadShedding),
    originSteering: jsonOrNull(pool.originSteering),
    notificationFilter: jsonOrNull(pool.notificationFilter),
    networks: jsonOrNull(pool.networks),
  };
}
