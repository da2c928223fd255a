import { type PageRequest, pageWindow } from '../../../api/pagination.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { Account, Prisma, Zone } from '../../../storage/generated/client.js';
import { nameFilter, zoneNameFilter } from './name-filter.js';
import type { ListQuery } from './schema.js';

export type { Zone };
export type ZoneWithAccount = Zone & { readonly account: Account };

const include = { account: true };

export function find(db: Client, id: string): Promise<ZoneWithAccount | null> {
  return db.zone.findUnique({ where: { id }, include });
}

export function findByName(db: Client, name: string): Promise<Zone | null> {
  return db.zone.findUnique({ where: { name } });
}

/** The zone of the account that was made first. */
export function findFirst(db: Client, accountId: string): Promise<Zone | null> {
  return db.zone.findFirst({ where: { accountId }, orderBy: [{ createdOn: 'asc' }, { id: 'asc' }] });
}

/** Names of all zones of an account. */
export async function names(db: Client, accountId: string): Promise<string[]> {
  const zones = await db.zone.findMany({ where: { accountId }, select: { name: true } });
  return zones.map(({ name }) => name);
}

/** `visible` are the ids that may be shown; null shows all. */
export async function list(
  db: Client,
  query: ListQuery,
  visible: readonly string[] | null,
  page: PageRequest,
): Promise<{ items: ZoneWithAccount[]; total: number }> {
  const filters = filtersOf(query);
  const where: Prisma.ZoneWhereInput = {
    ...(visible === null ? {} : { id: { in: [...visible] } }),
    ...(filters.length === 0 ? {} : query.match === 'any' ? { OR: filters } : { AND: filters }),
  };
  const direction = query.direction ?? 'asc';
  const items = await db.zone.findMany({
    where,
    include,
    orderBy: [...orderOf(query.order, direction), { createdOn: direction }, { id: 'asc' }],
    ...pageWindow(page),
  });
  return { items, total: await db.zone.count({ where }) };
}

function filtersOf(query: ListQuery): Prisma.ZoneWhereInput[] {
  const filters: Prisma.ZoneWhereInput[] = [];
  if (query.name !== undefined) filters.push({ name: zoneNameFilter(query.name) });
  if (query['account.id'] !== undefined) filters.push({ accountId: query['account.id'] });
  if (query['account.name'] !== undefined)
    filters.push({ account: { name: nameFilter(query['account.name']) } });
  if (query.type !== undefined) filters.push({ type: { in: query.type } });
  // Zones here are active from the start: any other status matches none.
  if (query.status !== undefined && query.status !== 'active') filters.push({ id: { in: [] } });
  return filters;
}

function orderOf(
  order: ListQuery['order'],
  direction: 'asc' | 'desc',
): Prisma.ZoneOrderByWithRelationInput[] {
  if (order === 'name') return [{ name: direction }];
  if (order === 'account.id') return [{ accountId: direction }];
  if (order === 'account.name') return [{ account: { name: direction } }];
  // All zones have one status and one plan: there is nothing to order by.
  return [];
}

export async function insert(tx: Tx, zone: Zone): Promise<void> {
  await tx.db.zone.create({ data: { ...zone, vanityNameServers: zone.vanityNameServers as string[] } });
  tx.changed('zone', zone.id);
}

export async function update(
  tx: Tx,
  id: string,
  data: { paused: boolean; type: string; vanityNameServers: string[]; modifiedOn: Date },
): Promise<ZoneWithAccount> {
  tx.changed('zone', id);
  return await tx.db.zone.update({ where: { id }, data, include });
}

/** Deletes the zone with its load balancers and DNS records. */
export async function remove(tx: Tx, id: string): Promise<void> {
  const balancers = await tx.db.loadBalancer.findMany({ where: { zoneId: id }, select: { id: true } });
  await tx.db.loadBalancer.deleteMany({ where: { zoneId: id } });
  for (const balancer of balancers) tx.changed('load_balancer', balancer.id);
  const records = await tx.db.dnsRecord.findMany({ where: { zoneId: id }, select: { id: true } });
  await tx.db.dnsRecord.deleteMany({ where: { zoneId: id } });
  for (const record of records) tx.changed('published_hostname', record.id);
  await tx.db.zone.delete({ where: { id } });
  tx.changed('zone', id);
}
