import type { DataPlane } from '../../live/data-plane.js';
import type { PoolHealthReport } from '../../live/messages.js';
import { askDataPlane } from '../ask.js';
import { verdictsOf } from '../verdict.js';
import { regionsOf } from './regions.js';
import type { PoolHealth } from './schema.js';
import type { Pool } from './store.js';

/** The health of a pool now; throws `overloaded` when the data plane does not answer. */
export async function poolHealth(
  dataPlane: Pick<DataPlane, 'ask'>,
  pool: Pool,
  location: string,
): Promise<PoolHealth> {
  if (pool.monitorId === null && pool.monitorGroupId === null) return { pool_id: pool.id, pop_health: {} };
  const report = await askDataPlane(dataPlane, 'pool_health', { poolId: pool.id });
  return renderHealth(pool.id, pool.checkRegions as string[] | null, report, location);
}

/**
 * One entry for each region that the pool is checked from, or one for the place of this data plane. All have the same
 * content: probes from one machine under several names would tell nothing more. Empty before the first result.
 */
export function renderHealth(
  poolId: string,
  checkRegions: readonly string[] | null,
  { healthy, origins }: PoolHealthReport,
  location: string,
): PoolHealth {
  if (healthy === null) return { pool_id: poolId, pop_health: {} };
  const places = checkRegions
    ? regionsOf(checkRegions).map((region) => `${region} (${location})`)
    : [location];
  const entry = { healthy, origins: verdictsOf(origins) };
  return { pool_id: poolId, pop_health: Object.fromEntries(places.map((place) => [place, entry])) };
}
