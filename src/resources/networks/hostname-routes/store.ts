import { spellings } from '../../../api/doubly-encoded.js';
import type { PageRequest } from '../../../api/pagination.js';
import type { Client } from '../../../storage/database.js';
import type { Prisma } from '../../../storage/generated/client.js';
import { conditionsOf, deletionFilters, type Filters, pageOf } from '../../_kit/list-filters.js';
import { literal } from '../../like.js';
import type { NamedHostnameRoute } from './definition.js';
import type { ListQuery } from './fields.js';

const filters: Filters<ListQuery, Prisma.HostnameRouteWhereInput> = {
  ...deletionFilters,
  id: (id) => ({ id }),
  hostname: (part) => ({ hostname: { contains: literal(part.toLowerCase()) } }),
  tunnel_id: (tunnelId) => ({ tunnelId }),
  comment: (comment) => ({ comment: { in: spellings(comment) } }),
};
const include = { tunnel: { select: { name: true, tunType: true } } };

export function list(db: Client, accountId: string, query: ListQuery, page: PageRequest) {
  const AND = conditionsOf(filters, query);
  return pageOf<NamedHostnameRoute>(db.hostnameRoute, { accountId, AND }, page, { include });
}
