import { spellings } from '../../../api/doubly-encoded.js';
import { type PageRequest, pageWindow } from '../../../api/pagination.js';
import type { Client, Tx } from '../../../storage/database.js';
import { Prisma, type Route } from '../../../storage/generated/client.js';
import type { StoredType } from '../../tunnels/tunnel-types.js';
import type { ListQuery } from './schema.js';

export type { Route };
export type NamedRoute = Route & {
  readonly tunnelName: string;
  readonly tunnelType: StoredType;
  readonly virtualNetworkName: string;
};

const { sql, join, empty } = Prisma;

const NAMED = sql`
  select r.id, r.account_id as "accountId", r.network, r.virtual_network_id as "virtualNetworkId",
    r.tunnel_id as "tunnelId", r.comment, r.created_at as "createdAt", r.deleted_at as "deletedAt",
    t.name as "tunnelName", t.tun_type as "tunnelType", v.name as "virtualNetworkName"
  from route r join tunnel t on t.id = r.tunnel_id join virtual_network v on v.id = r.virtual_network_id`;

/** The route with this id, deleted or not. */
export async function find(db: Client, accountId: string, id: string): Promise<NamedRoute | null> {
  const [row] = await db.$queryRaw<NamedRoute[]>`
    ${NAMED} where r.account_id = ${accountId} and r.id = ${id}::uuid`;
  return row ?? null;
}

/** The live route of exactly this network. `network` is canonical. */
export function findByNetwork(db: Client, virtualNetworkId: string, network: string): Promise<Route | null> {
  return db.route.findFirst({ where: { virtualNetworkId, network, deletedAt: null } });
}

/** The live route with the longest prefix that covers the address. `ip` is canonical. */
export async function findByIp(db: Client, virtualNetworkId: string, ip: string): Promise<NamedRoute | null> {
  const [row] = await db.$queryRaw<NamedRoute[]>`
    ${NAMED}
    where r.virtual_network_id = ${virtualNetworkId}::uuid and r.deleted_at is null
      and r.network::cidr >>= ${ip}::inet
    order by masklen(r.network::cidr) desc limit 1`;
  return row ?? null;
}

export async function list(
  db: Client,
  accountId: string,
  query: ListQuery,
  page: PageRequest,
): Promise<{ items: NamedRoute[]; total: number }> {
  const where = join([sql`r.account_id = ${accountId}`, ...filtersOf(query)], ' and ');
  const { skip = 0, take } = pageWindow(page);
  const limit = take === undefined ? empty : sql`limit ${take} offset ${skip}`;
  const items = await db.$queryRaw<NamedRoute[]>`
    ${NAMED} where ${where} order by r.created_at, r.id ${limit}`;
  const [counted] = await db.$queryRaw<{ total: number }[]>`
    select count(*)::int as total from route r join tunnel t on t.id = r.tunnel_id where ${where}`;
  return { items, total: counted!.total };
}

function filtersOf(query: ListQuery): Prisma.Sql[] {
  const filters: (Prisma.Sql | false)[] = [
    query.comment !== undefined && sql`r.comment = any(${spellings(query.comment)}::text[])`,
    query.existed_at !== undefined && existedAt(query.existed_at),
    query.is_deleted !== undefined && sql`(r.deleted_at is not null) = ${query.is_deleted}`,
    query.network_subset !== undefined && sql`r.network::cidr <<= ${query.network_subset}::cidr`,
    query.network_superset !== undefined && sql`r.network::cidr >>= ${query.network_superset}::cidr`,
    query.route_id !== undefined && sql`r.id = ${query.route_id}::uuid`,
    query.tun_types !== undefined && sql`t.tun_type = any(${query.tun_types}::text[])`,
    query.tunnel_id !== undefined && sql`r.tunnel_id = ${query.tunnel_id}::uuid`,
    query.virtual_network_id !== undefined && sql`r.virtual_network_id = ${query.virtual_network_id}::uuid`,
  ];
  return filters.filter((filter) => filter !== false);
}

const existedAt = (at: Date) => sql`r.created_at <= ${at} and (r.deleted_at is null or r.deleted_at > ${at})`;

export async function insert(tx: Tx, route: Route): Promise<void> {
  await tx.db.route.create({ data: route });
  tx.changed('route', route.id);
}

export async function update(tx: Tx, route: Route): Promise<void> {
  const { network, virtualNetworkId, tunnelId, comment, deletedAt } = route;
  const data = { network, virtualNetworkId, tunnelId, comment, deletedAt };
  await tx.db.route.update({ where: { id: route.id }, data });
  tx.changed('route', route.id);
}

/** The network of a live subnet of the account that all of this network lies in, or null. `network` is canonical. */
export async function subnetAround(db: Client, accountId: string, network: string): Promise<string | null> {
  const [row] = await db.$queryRaw<{ network: string }[]>`
    select network from subnet
    where account_id = ${accountId} and deleted_at is null and network::cidr >>= ${network}::cidr
    limit 1`;
  return row?.network ?? null;
}
