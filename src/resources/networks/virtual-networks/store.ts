import { spellings } from '../../../api/doubly-encoded.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { VirtualNetwork } from '../../../storage/generated/client.js';
import type { ListQuery } from './schema.js';

export type { VirtualNetwork };

/** The network with this id, deleted or not. */
export function find(db: Client, accountId: string, id: string): Promise<VirtualNetwork | null> {
  return db.virtualNetwork.findFirst({ where: { id, accountId } });
}

export function findByName(db: Client, accountId: string, name: string): Promise<VirtualNetwork | null> {
  return db.virtualNetwork.findFirst({ where: { accountId, name, deletedAt: null } });
}

export function findDefault(db: Client, accountId: string): Promise<VirtualNetwork | null> {
  return db.virtualNetwork.findFirst({ where: { accountId, isDefault: true, deletedAt: null } });
}

export async function list(db: Client, accountId: string, query: ListQuery): Promise<VirtualNetwork[]> {
  const isDefault = query.is_default_network ?? query.is_default;
  return await db.virtualNetwork.findMany({
    where: {
      accountId,
      ...(query.id === undefined ? {} : { id: query.id }),
      ...(query.name === undefined ? {} : { name: { in: spellings(query.name) } }),
      ...(isDefault === undefined ? {} : { isDefault }),
      ...(query.is_deleted === undefined ? {} : { deletedAt: query.is_deleted ? { not: null } : null }),
    },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
}

export async function insert(tx: Tx, network: VirtualNetwork): Promise<void> {
  if (network.isDefault) await demoteDefault(tx, network.accountId);
  await tx.db.virtualNetwork.create({ data: network });
  tx.changed('virtual_network', network.id);
}

export async function update(tx: Tx, network: VirtualNetwork): Promise<void> {
  if (network.isDefault) await demoteDefault(tx, network.accountId);
  await tx.db.virtualNetwork.update({ where: { id: network.id }, data: network });
  tx.changed('virtual_network', network.id);
}

/** An account has one default: the new one takes its place. */
async function demoteDefault(tx: Tx, accountId: string): Promise<void> {
  const demoted = await tx.db.virtualNetwork.updateManyAndReturn({
    where: { accountId, isDefault: true },
    data: { isDefault: false },
    select: { id: true },
  });
  for (const { id } of demoted) tx.changed('virtual_network', id);
}

/** How many live routes lie in the network, and one pool that has an origin in it. */
export async function usage(db: Client, id: string): Promise<{ routes: number; pool: string | null }> {
  const routes = await db.route.count({ where: { virtualNetworkId: id, deletedAt: null } });
  const origin = await db.origin.findFirst({
    where: { virtualNetworkId: id },
    select: { pool: { select: { name: true } } },
  });
  return { routes, pool: origin?.pool.name ?? null };
}

/** Deletes the network and, with it, its routes. */
export async function remove(tx: Tx, network: VirtualNetwork, at: Date): Promise<VirtualNetwork> {
  const routes = await tx.db.route.findMany({
    where: { virtualNetworkId: network.id, deletedAt: null },
    select: { id: true },
  });
  await tx.db.route.updateMany({
    where: { virtualNetworkId: network.id, deletedAt: null },
    data: { deletedAt: at },
  });
  for (const { id } of routes) tx.changed('route', id);
  tx.changed('virtual_network', network.id);
  return await tx.db.virtualNetwork.update({ where: { id: network.id }, data: { deletedAt: at } });
}
