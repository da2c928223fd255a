import { spellings } from '../../../api/doubly-encoded.js';
import { type PageRequest, pageWindow } from '../../../api/pagination.js';
import type { Client, Tx } from '../../../storage/database.js';
import { Prisma, type Subnet } from '../../../storage/generated/client.js';
import { existedAt } from '../../existed-at.js';
import type { AddressFamily, ListQuery, SubnetType } from './schema.js';

export type { Subnet };

/** The subnet of this type with this id, deleted or not. */
export function find(db: Client, accountId: string, type: SubnetType, id: string): Promise<Subnet | null> {
  return db.subnet.findFirst({ where: { id, accountId, subnetType: type } });
}

/** The account's only subnet of a type that has one for each family. */
export function findWellKnown(
  db: Client,
  accountId: string,
  type: Exclude<SubnetType, 'warp'>,
  family: AddressFamily,
): Promise<Subnet> {
  return db.subnet.findFirstOrThrow({
    where: { accountId, subnetType: type, deletedAt: null, ...ofFamily(family) },
  });
}

const ofFamily = (family: AddressFamily): Prisma.SubnetWhereInput =>
  family === 'v6' ? { network: { contains: ':' } } : { NOT: { network: { contains: ':' } } };

export async function list(
  db: Client,
  accountId: string,
  query: ListQuery,
  page: PageRequest,
): Promise<{ items: Subnet[]; total: number }> {
  const where = { accountId, AND: filtersOf(query) };
  const order = query.sort_order ?? 'asc';
  const items = await db.subnet.findMany({
    where,
    orderBy: [{ createdAt: order }, { id: order }],
    ...pageWindow(page),
  });
  return { items, total: await db.subnet.count({ where }) };
}

function filtersOf(query: ListQuery): Prisma.SubnetWhereInput[] {
  const filters: (Prisma.SubnetWhereInput | false)[] = [
    query.name !== undefined && { name: { in: spellings(query.name) } },
    query.network !== undefined && { network: query.network },
    query.comment !== undefined && { comment: { in: spellings(query.comment) } },
    query.existed_at !== undefined && existedAt(query.existed_at),
    query.address_family !== undefined && ofFamily(query.address_family),
    query.is_default_network !== undefined && { isDefault: query.is_default_network },
    query.is_deleted !== undefined && { deletedAt: query.is_deleted ? { not: null } : null },
    query.subnet_types !== undefined && { subnetType: { in: query.subnet_types } },
  ];
  return filters.filter((filter) => filter !== false);
}

/** What a live subnet at this network (canonical) would be in the way of: another subnet, or a route inside of it. */
export async function findConflict(
  db: Client,
  accountId: string,
  network: string,
  self: string | null,
): Promise<{ kind: 'subnet' | 'route'; network: string } | null> {
  const other = self === null ? Prisma.empty : Prisma.sql`and id <> ${self}::uuid`;
  const [conflict] = await db.$queryRaw<{ kind: 'subnet' | 'route'; network: string }[]>`
    select 'subnet' as kind, network from subnet
    where account_id = ${accountId} and deleted_at is null and network::cidr && ${network}::cidr ${other}
    union all
    select 'route', network from route
    where account_id = ${accountId} and deleted_at is null and network::cidr <<= ${network}::cidr
    limit 1`;
  return conflict ?? null;
}

export async function insert(tx: Tx, subnets: readonly Subnet[]): Promise<void> {
  await tx.db.subnet.createMany({ data: [...subnets] });
  for (const { id } of subnets) tx.changed('subnet', id);
}

export async function update(tx: Tx, { id, ...data }: Subnet): Promise<void> {
  await tx.db.subnet.update({ where: { id }, data });
  tx.changed('subnet', id);
}

/** An account has one default subnet: a new one takes its place. */
export async function demoteDefault(tx: Tx, accountId: string): Promise<void> {
  const demoted = await tx.db.subnet.updateManyAndReturn({
    where: { accountId, isDefault: true },
    data: { isDefault: false },
    select: { id: true },
  });
  for (const { id } of demoted) tx.changed('subnet', id);
}
