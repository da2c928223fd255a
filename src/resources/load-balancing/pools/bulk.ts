import type { Listed } from '../../../api/envelope.js';
import { listed, pageRequest, pageWindow } from '../../../api/pagination.js';
import type { Tx } from '../../../storage/database.js';
import type { BulkQuery, WirePool } from './schema.js';
import type { ShownHealths } from './shown-health.js';
import * as store from './store.js';
import { toWire } from './to-wire.js';

/**
 * PATCH of all pools: empties `notification_email`, all that its body may do, of one window of them by name, and answers
 * these. A window is a page, or a limit with an offset.
 */
export async function bulkChange(
  tx: Tx,
  accountId: string,
  query: BulkQuery,
  healths: ShownHealths,
): Promise<Listed<WirePool>> {
  const page = pageRequest({ page: query.page, per_page: query.per_page ?? query.limit }, null);
  const { skip = 0, take } = pageWindow(page);
  const window = { skip: query.offset ?? skip, ...(take === undefined ? {} : { take }) };
  const noted = (await store.listByName(tx.db, accountId, window)).filter(
    (pool) => pool.notificationEmail !== '',
  );
  await store.clearEmails(
    tx,
    noted.map(({ id }) => id),
    new Date(),
  );
  const pools = await store.listByName(tx.db, accountId, window);
  return listed(
    pools.map((pool) => toWire(pool, healths)),
    await store.count(tx.db, accountId),
    page,
  );
}
