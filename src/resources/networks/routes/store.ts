import type { z } from 'zod';
import { spellings } from '../../../api/doubly-encoded.js';
import { uuid } from '../../../api/identifiers.js';
import { type PageRequest, pageWindow } from '../../../api/pagination.js';
import { queryList } from '../../../api/query-list.js';
import { flag } from '../../../api/text.js';
import { moment } from '../../../api/timestamps.js';
import type { DatabaseClient } from '../../../storage/database.js';
import { Prisma } from '../../../storage/generated/client.js';
import { conditionsOf, type Filters, filter, listQueryOf } from '../../_kit/list-filters.js';
import { tunnelType } from '../../tunnels/tunnel-shape.js';
import type { NamedRoute } from './definition.js';
import { comment, networkFilter } from './fields.js';

const { sql, join, empty } = Prisma;

/** In SQL: Prisma has no operators of networks. */
const filters = {
  comment: filter(comment, (comment) => sql`r.comment = any(${spellings(comment)}::text[])`),
  existed_at: filter(
    moment,
    (at) => sql`r.created_at <= ${at} and (r.deleted_at is null or r.deleted_at > ${at})`,
  ),
  is_deleted: filter(flag, (isDeleted) => sql`(r.deleted_at is not null) = ${isDeleted}`),
  network_subset: filter(networkFilter, (network) => sql`r.network::cidr <<= ${network}::cidr`),
  network_superset: filter(networkFilter, (network) => sql`r.network::cidr >>= ${network}::cidr`),
  route_id: filter(uuid, (id) => sql`r.id = ${id}::uuid`),
  tun_types: filter(queryList(tunnelType), (types) => sql`t.tun_type = any(${types}::text[])`),
  tunnel_id: filter(uuid, (id) => sql`r.tunnel_id = ${id}::uuid`),
  virtual_network_id: filter(uuid, (id) => sql`r.virtual_network_id = ${id}::uuid`),
} satisfies Filters<Prisma.Sql>;
export const listQuery = listQueryOf(filters);
export type ListQuery = z.output<typeof listQuery>;

const NAMED = sql`
  select r.id, r.account_id as "accountId", r.network, r.virtual_network_id as "virtualNetworkId",
    r.tunnel_id as "tunnelId", r.comment, r.created_at as "createdAt", r.deleted_at as "deletedAt",
    t.name as "tunnelName", t.tun_type as "tunnelType", v.name as "virtualNetworkName"
  from route r join tunnel t on t.id = r.tunnel_id join virtual_network v on v.id = r.virtual_network_id`;

export async function list(
  db: DatabaseClient,
  accountId: string,
  query: ListQuery,
  page: PageRequest,
): Promise<{ items: NamedRoute[]; total: number }> {
  const where = join([sql`r.account_id = ${accountId}`, ...conditionsOf(filters, query)], ' and ');
  const { skip = 0, take } = pageWindow(page);
  const limit = take === undefined ? empty : sql`limit ${take} offset ${skip}`;
  const items = await db.$queryRaw<NamedRoute[]>`
    ${NAMED} where ${where} order by r.created_at, r.id ${limit}`;
  const [counted] = await db.$queryRaw<{ total: number }[]>`
    select count(*)::int as total from route r join tunnel t on t.id = r.tunnel_id where ${where}`;
  return { items, total: counted!.total };
}
