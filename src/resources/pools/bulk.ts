import type { Client } from '../../storage/database.js';
import type { Listed } from '../../wire/envelope.js';
import { listed, pageRequest, pageWindow } from '../../wire/pagination.js';
import type { BulkQuery, WirePool } from './schema.js';
import * as store from './store.js';
import { toWire } from './to-wire.js';

/**
 * PATCH of all pools: its body may only empty `notification_email`, which no pool can set to anything else here, so the
 * answer is the pools that it would have changed. A window is a page, or a limit with an offset.
 */
export async function bulkChange(db: Client, accountId: string, query: BulkQuery): Promise<Listed<WirePool>> {
  const page = pageRequest({ page: query.page, per_page: query.per_page ?? query.limit }, null);
  const { skip = 0, take } = pageWindow(page);
  const window = { skip: query.offset ?? skip, ...(take === undefined ? {} : { take }) };
  const pools = await store.listByName(db, accountId, window);
  return listed(pools.map(toWire), await store.count(db, accountId), page);
}
