import { present } from '../../../api/fields.js';
import { type PageRequest, pageWindow } from '../../../api/pagination.js';
import type { FailureReason } from '../../../live/health-board.js';
import type { StoredHealth } from '../../../live/stored-health.js';
import type { Client } from '../../../storage/database.js';
import type { HealthEvent } from '../../../storage/generated/client.js';
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

interface VerdictRow {
  readonly pool_id: string;
  readonly name: string;
  readonly address: string;
  readonly healthy: boolean;
  readonly failure_reason: string;
}

/**
 * The last verdict on each origin, by the last event of its pool, which names all origins unless they are more than a hundred. One that
 * was listed before its first result has none: it was not healthy, without a failure. Looking into older events would take seconds.
 */
export async function lastVerdicts(db: Client): Promise<StoredHealth[]> {
  const rows = await db.$queryRaw<VerdictRow[]>`
    select event.pool_id, origin.name, origin.address, origin.healthy, origin.failure_reason
    from health_event event,
      jsonb_to_recordset(event.origins) as origin(name text, address text, healthy boolean, failure_reason text)
    where event.id in (select max(id) from health_event group by pool_id)
      and (origin.healthy or origin.failure_reason <> 'No failures')`;
  return rows.map((row) => ({
    poolId: row.pool_id,
    originName: row.name,
    address: row.address,
    healthy: row.healthy,
    failureReason: row.failure_reason as FailureReason,
  }));
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
