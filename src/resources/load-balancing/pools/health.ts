import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import type { DataPlane } from '../../../bridge/data-plane.js';
import type { PoolHealthReport } from '../../../bridge/messages.js';
import { askDataPlane } from '../../ask.js';
import { poolVerdict, verdictsOf } from '../verdict.js';
import type { Pool } from './definition.js';

export const health = z
  .object({ pool_id: hexId, pop_health: z.record(z.string(), poolVerdict) })
  .meta({ id: 'PoolHealth' });
type PoolHealth = z.output<typeof health>;

/** The health of a pool now; throws `overloaded` when the data plane does not answer. */
export async function poolHealth(
  dataPlane: Pick<DataPlane, 'ask'>,
  pool: Pool,
  location: string,
): Promise<PoolHealth> {
  if (pool.values.monitor === null && pool.values.monitor_group === null)
    return { pool_id: pool.id, pop_health: {} };
  const report = await askDataPlane(dataPlane, 'pool_health', { poolId: pool.id });
  return renderHealth(pool.id, report, location);
}

/**
 * One entry with its own verdict for each region that checks the pool, or one for the place of this data plane. Empty
 * before the first result.
 */
export function renderHealth(poolId: string, report: PoolHealthReport, location: string): PoolHealth {
  const { healthy, origins, regions } = report;
  if (healthy === null) return { pool_id: poolId, pop_health: {} };
  const places = regions?.map((one) => [`${one.region} (${location})`, one] as const) ?? [
    [location, { healthy, origins }] as const,
  ];
  const entries = places.map(([place, found]) => [
    place,
    { healthy: found.healthy, origins: verdictsOf(found.origins) },
  ]);
  return { pool_id: poolId, pop_health: Object.fromEntries(entries) };
}
