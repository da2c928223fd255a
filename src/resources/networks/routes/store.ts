import { spellings } from '../../../api/doubly-encoded.js';
import { type PageRequest, pageWindow } from '../../../api/pagination.js';
import type { Client } from '../../../storage/database.js';
import { Prisma } from '../../../storage/generated/client.js';
import { conditionsOf, type Filters } from '../../_kit/list-filters.js';
import type { NamedRoute } from './definition.js';
import type { ListQuery } from './fields.js';

const { sql, join, empty } = Prisma;

const NAMED = sql`
  select r.id, r.account_id as "accountId", r.network, r.virtual_network_id as "virtualNetworkId",
    r.tunnel_id as "tunnelId", r.comment, r.created_at as "createdAt", r.deleted_at as "deletedAt",
    t.name as "tunnelName", t.tun_type as "tunnelType", v.name as "virtualNetworkName"
  from route r join tunnel t on t.id = r.tunnel_id join virtual_network v on v.id = r.virtual_network_id`;

export async function list(
  db: Client,
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

const filters: Filters<ListQuery, Prisma.Sql> = {
  comment: (comment) => sql`r.comment = any(${spellings(comment)}::text[])`,
  existed_at: (at) => sql`r.created_at <= ${at} and (r.deleted_at is null or r.deleted_at > ${at})`,
  is_deleted: (isDeleted) => sql`(r.deleted_at is not null) = ${isDeleted}`,
  network_subset: (network) => sql`r.network::cidr <<= ${network}::cidr`,
  network_superset: (network) => sql`r.network::cidr >>= ${network}::cidr`,
  route_id: (id) => sql`r.id = ${id}::uuid`,
  tun_types: (types) => sql`t.tun_type = any(${types}::text[])`,
  tunnel_id: (id) => sql`r.tunnel_id = ${id}::uuid`,
  virtual_network_id: (id) => sql`r.virtual_network_id = ${id}::uuid`,
};
