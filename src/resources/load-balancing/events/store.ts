import { z } from 'zod';
import type { Listed } from '../../../api/envelope.js';
import { present } from '../../../api/fields.js';
import { hexId } from '../../../api/identifiers.js';
import { listed, pageQuery, pageRequest, pageWindow } from '../../../api/pagination.js';
import { flag, text } from '../../../api/text.js';
import { moment, timestamp, timestampSchema } from '../../../api/timestamps.js';
import type { PoolEvent } from '../../../bridge/messages.js';
import type { StoredHealth } from '../../../state/health-board.js';
import type { DatabaseClient } from '../../../storage/database.js';
import type { HealthEvent } from '../../../storage/generated/client.js';

export const query = z.object({
  since: moment.optional(),
  until: moment.optional(),
  pool_id: hexId.optional(),
  pool_name: text(255).optional(),
  pool_healthy: flag.optional(),
  origin_name: text(255).optional(),
  origin_healthy: flag.optional(),
  ...pageQuery(),
});

export const event = z
  .object({
    id: z.int(),
    timestamp: timestampSchema,
    pool: z.object({
      id: hexId,
      name: z.string(),
      healthy: z.boolean(),
      changed: z.boolean(),
      minimum_origins: z.int(),
    }),
    origins: z.array(
      z.object({
        name: z.string(),
        address: z.string(),
        ip: z.string().describe('Empty when the address is a host name.'),
        enabled: z.boolean(),
        healthy: z.boolean(),
        changed: z.boolean(),
        failure_reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'HealthEvent' });

type Query = z.output<typeof query>;
type WireEvent = z.output<typeof event>;

const KEPT = 10_000n;
/** Old events go so many at a time. */
const STEP = 100n;

/** Writes down what the data plane tells, and forgets what is too old. The events of an account that is gone went with it. */
export async function record(db: DatabaseClient, event: PoolEvent): Promise<void> {
  const { accountId, poolId, poolName, at } = event;
  const data = { accountId, poolId, poolName, at: new Date(at), ...storedOf(event) };
  const stored = await db.healthEvent.create({ data, select: { id: true } }).catch(unlessAccountGone);
  if (!stored) return;
  const { id } = stored;
  if (id % STEP === 0n) await db.healthEvent.deleteMany({ where: { id: { lte: id - KEPT } } });
}

/** What is stored of an event: the pool and its origins, under their names on the wire. */
function storedOf(event: PoolEvent): Pick<WireEvent, 'pool' | 'origins'> {
  return {
    pool: {
      id: event.poolId,
      name: event.poolName,
      healthy: event.healthy,
      changed: event.changed,
      minimum_origins: event.minimumOrigins,
    },
    origins: event.origins.map(({ failureReason, ip, ...origin }) => ({
      ...origin,
      ip: ip ?? '',
      failure_reason: failureReason,
    })),
  };
}

function unlessAccountGone(error: { readonly code?: string }): null {
  if (error.code === 'P2003') return null;
  throw error;
}

/**
 * The last verdict on each origin, by the last event of its pool, which names all origins unless they are more than a hundred. One that
 * was listed before its first result has none: it was not healthy, without a failure. Looking into older events would take seconds.
 */
export const lastVerdicts = async (db: DatabaseClient) =>
  await db.$queryRaw<StoredHealth[]>`
    select event.pool_id as "poolId", origin.name as "originName", origin.address, origin.healthy,
      origin.failure_reason as "failureReason"
    from health_event event,
      jsonb_to_recordset(event.origins) as origin(name text, address text, healthy boolean, failure_reason text)
    where event.id in (select max(id) from health_event group by pool_id)
      and (origin.healthy or origin.failure_reason <> 'No failures')`;

/** One page of the events of the account, newest first. */
export async function list(db: DatabaseClient, accountId: string, query: Query): Promise<Listed<WireEvent>> {
  const page = pageRequest(query, 1000);
  const where = {
    accountId,
    at: present({ gte: query.since, lte: query.until }),
    ...present({ poolId: query.pool_id, poolName: query.pool_name }),
    ...(query.pool_healthy === undefined ? {} : { pool: { path: ['healthy'], equals: query.pool_healthy } }),
    ...originFilter(query),
  };
  const items = await db.healthEvent.findMany({ where, orderBy: { id: 'desc' }, ...pageWindow(page) });
  return listed(items.map(toWire), await db.healthEvent.count({ where }), page);
}

/** Both conditions must hold for the same origin. */
function originFilter({ origin_name, origin_healthy }: Query) {
  const wanted = present({ name: origin_name, healthy: origin_healthy });
  return Object.keys(wanted).length === 0 ? {} : { origins: { array_contains: [wanted] } };
}

const toWire = ({ id, at, pool, origins }: HealthEvent): WireEvent => ({
  id: Number(id),
  timestamp: timestamp(at),
  pool: pool as WireEvent['pool'],
  origins: origins as WireEvent['origins'],
});
