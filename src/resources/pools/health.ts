import type { DataPlane } from '../../live/data-plane.js';
import type { OriginHealthReport, PoolHealthReport } from '../../live/messages.js';
import { ApiError } from '../../wire/errors.js';
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
  const report = await dataPlane.ask('pool_health', { poolId: pool.id }).catch((error: Error) => {
    throw new ApiError('overloaded', error.message);
  });
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
  const entry = { healthy, origins: origins.map((origin) => ({ [origin.address]: verdictOf(origin) })) };
  return { pool_id: poolId, pop_health: Object.fromEntries(places.map((place) => [place, entry])) };
}

function verdictOf({ state, rttMs, failureReason, responseCode }: OriginHealthReport) {
  return {
    healthy: state === 'healthy',
    rtt: goDuration(rttMs ?? 0),
    failure_reason: failureReason,
    response_code: responseCode,
  };
}

/** Milliseconds as Go prints a duration: `0s`, `850µs`, `12.1ms`, `1.204s`. */
export function goDuration(ms: number): string {
  const micros = Math.round(ms * 1000);
  if (micros <= 0) return '0s';
  if (micros < 1000) return `${micros}µs`;
  const tenths = Math.round(ms * 10) / 10;
  return tenths < 1000 ? `${tenths}ms` : `${Math.round(ms) / 1000}s`;
}
