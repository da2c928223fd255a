import { spellings } from '../../../api/doubly-encoded.js';
import { pageRequest } from '../../../api/pagination.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { Prisma, VirtualNetwork } from '../../../storage/generated/client.js';
import { conditionsOf, deletionFilters, type Filters, pageOf } from '../../_kit/list-filters.js';
import type { ListQuery } from './fields.js';

const filters: Filters<ListQuery, Prisma.VirtualNetworkWhereInput> = {
  is_deleted: deletionFilters.is_deleted,
  id: (id) => ({ id }),
  name: (name) => ({ name: { in: spellings(name) } }),
  is_default_network: (isDefault) => ({ isDefault }),
};

export function list(db: Client, accountId: string, { is_default, ...query }: ListQuery) {
  const is_default_network = query.is_default_network ?? is_default;
  const AND = conditionsOf(filters, { ...query, is_default_network });
  return pageOf<VirtualNetwork>(db.virtualNetwork, { accountId, AND }, pageRequest(query, null));
}

export async function insert(tx: Tx, network: VirtualNetwork): Promise<void> {
  await tx.db.virtualNetwork.create({ data: network });
  tx.changed('virtual_network', network.id);
}
