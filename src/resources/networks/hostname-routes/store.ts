import { spellings } from '../../../api/doubly-encoded.js';
import { type PageRequest, pageWindow } from '../../../api/pagination.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { Prisma, HostnameRoute as Row } from '../../../storage/generated/client.js';
import { existedAt } from '../../existed-at.js';
import { literal } from '../../like.js';
import type { ListQuery } from './schema.js';

/** With what it leads to. */
export type HostnameRoute = Row & { readonly tunnel: { readonly name: string; readonly tunType: string } };

const include = { tunnel: { select: { name: true, tunType: true } } };

/** The route with this id, deleted or not. */
export function find(db: Client, accountId: string, id: string): Promise<HostnameRoute | null> {
  return db.hostnameRoute.findFirst({ where: { id, accountId }, include });
}

/** The live route of exactly this host name. */
export function findByHostname(db: Client, accountId: string, hostname: string): Promise<Row | null> {
  return db.hostnameRoute.findFirst({ where: { accountId, hostname, deletedAt: null } });
}

export async function list(
  db: Client,
  accountId: string,
  query: ListQuery,
  page: PageRequest,
): Promise<{ items: HostnameRoute[]; total: number }> {
  const where = { accountId, AND: filtersOf(query) };
  const items = await db.hostnameRoute.findMany({
    where,
    include,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    ...pageWindow(page),
  });
  return { items, total: await db.hostnameRoute.count({ where }) };
}

function filtersOf(query: ListQuery): Prisma.HostnameRouteWhereInput[] {
  const filters: (Prisma.HostnameRouteWhereInput | false)[] = [
    deletion(query),
    query.id !== undefined && { id: query.id },
    query.hostname !== undefined && { hostname: { contains: literal(query.hostname.toLowerCase()) } },
    query.tunnel_id !== undefined && { tunnelId: query.tunnel_id },
    query.comment !== undefined && { comment: { in: spellings(query.comment) } },
    query.existed_at !== undefined && existedAt(query.existed_at),
  ];
  return filters.filter((filter) => filter !== false);
}

/** What `deletionFilter` says of other lists: these have never shown deleted ones that nobody asked for. */
const deletion = ({ is_deleted, existed_at }: ListQuery) =>
  is_deleted === undefined && existed_at !== undefined
    ? {}
    : { deletedAt: is_deleted ? { not: null } : null };

export async function insert(tx: Tx, route: Row): Promise<HostnameRoute> {
  tx.changed('hostname_route', route.id);
  return await tx.db.hostnameRoute.create({ data: route, include });
}

export async function update(tx: Tx, id: string, data: Partial<Row>): Promise<HostnameRoute> {
  tx.changed('hostname_route', id);
  return await tx.db.hostnameRoute.update({ where: { id }, data, include });
}
