import { spellings } from '../../../api/doubly-encoded.js';
import type { PageRequest } from '../../../api/pagination.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { Prisma, Subnet } from '../../../storage/generated/client.js';
import { conditionsOf, deletionFilters, type Filters, pageOf } from '../../_kit/list-filters.js';
import type { ListQuery } from './fields.js';

const isV6 = { network: { contains: ':' } };
const filters: Filters<ListQuery, Prisma.SubnetWhereInput> = {
  ...deletionFilters,
  name: (name) => ({ name: { in: spellings(name) } }),
  network: (network) => ({ network }),
  comment: (comment) => ({ comment: { in: spellings(comment) } }),
  address_family: (family) => (family === 'v6' ? isV6 : { NOT: isV6 }),
  is_default_network: (isDefault) => ({ isDefault }),
  subnet_types: (types) => ({ subnetType: { in: types } }),
};

export function list(db: Client, accountId: string, query: ListQuery, page: PageRequest) {
  const order = query.sort_order ?? 'asc';
  return pageOf<Subnet>(db.subnet, { accountId, AND: conditionsOf(filters, query) }, page, { order });
}

export async function insert(tx: Tx, subnets: readonly Subnet[]): Promise<void> {
  await tx.db.subnet.createMany({ data: [...subnets] });
  for (const { id } of subnets) tx.changed('subnet', id);
}
