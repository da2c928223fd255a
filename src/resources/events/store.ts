import type { Client } from '../../storage/database.js';
import type { HealthEvent } from '../../storage/generated/client.js';
import { present } from '../../wire/fields.js';
import { type PageRequest, pageWindow } from '../../wire/pagination.js';
import type { Query } from './schema.js';

export type { HealthEvent };

const KEPT = 10_000n;
/** Old events go so many at a time. */
const STEP = 100n;

/** Stores an event and forgets those that are too old. The events of an account that is gone went with it. */
export async function insert(db: Client, event: Omit<HealthEvent, 'id'>): Promise<void> {
  const { pool, origins, ...columns } = event;
  const data = { ...columns, pool: pool as object, origins: origins as object[] };
  const stored = await db.healthEvent.create({ data, select: { id: true } }).catch(unlessAccountGone);
  if (!stored) return;
  const { id } = stored;
  if (id % STEP === 0n) await db.healthEvent.deleteMany({ where: { id: { lte: id - KEPT } } });
}

function unlessAccountGone(error: { readonly code?: string }): null {
  if (error.code === 'P2003') return null;
  throw error;
}

/** Newest first. */
export async function list(
  db: Client,
  accountId: string,
  query: Query,
  page: PageRequest,
): Promise<{ items: HealthEvent[]; total: number }> {
  const where = {
    accountId,
    at: present({ gte: query.since, lte: query.until }),
    ...present({ poolId: query.pool_id, poolName: query.pool_name }),
    ...(query.pool_healthy === undefined ? {} : { pool: { path: ['healthy'], equals: query.pool_healthy } }),
    ...originFilter(query),
  };
  const items = await db.healthEvent.findMany({ where, orderBy: { id: 'desc' }, ...pageWindow(page) });
  return { items, total: await db.healthEvent.count({ where }) };
}

/** Both conditions must hold for the same origin. */
function originFilter({ origin_name, origin_healthy }: Query) {
  const wanted = present({ name: origin_name, healthy: origin_healthy });
  return Object.keys(wanted).length === 0 ? {} : { origins: { array_contains: [wanted] } };
}
