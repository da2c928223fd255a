import type { HealthView, OriginHealth } from '../live/health-board.js';
import type { OriginHealthReport, PoolHealthReport, RegionHealthReport } from '../live/messages.js';
import { isPoolHealthy } from '../live/pool-health.js';
import type { LivePool } from '../live/snapshot.js';
import type { PlaceHealth } from './track.js';

type OriginsAt = (region: string) => (originKey: string) => PlaceHealth | undefined;

/** What the API shows of a pool: its probed origins, and null for the whole while none of them has had a result. */
export function reportPoolHealth(
  pool: LivePool | undefined,
  view: HealthView,
  originsAt: OriginsAt,
): PoolHealthReport {
  if (!pool) return { healthy: null, origins: [], regions: null };
  const healthOf = (key: string) => view.origin(pool.id, key);
  const checked = pool.origins.some(({ key }) => (healthOf(key)?.checkedAt ?? null) !== null);
  const regions = checked ? pool.checkRegions : null;
  return {
    healthy: checked ? isPoolHealthy(pool, view) : null,
    origins: reportOrigins(pool, healthOf),
    regions: regions?.map((region) => reportRegion(pool, view, region, originsAt(region))) ?? null,
  };
}

function reportOrigins(
  pool: LivePool,
  healthOf: (originKey: string) => PlaceHealth | undefined,
): OriginHealthReport[] {
  return pool.origins.flatMap(({ key, address }) => {
    const health = healthOf(key);
    if (!health) return [];
    const { state, failureReason, failureDetail, responseCode, rttMs } = health;
    return [{ address, state, failureReason, failureDetail, responseCode, rttMs }];
  });
}

function reportRegion(
  pool: LivePool,
  view: HealthView,
  region: string,
  healthOf: (originKey: string) => PlaceHealth | undefined,
): RegionHealthReport {
  const origin = (_poolId: string, key: string): OriginHealth | undefined => {
    const health = healthOf(key);
    return health && { ...health, regions: null };
  };
  return {
    region,
    healthy: isPoolHealthy(pool, { version: view.version, versionOf: view.versionOf, origin }),
    origins: reportOrigins(pool, healthOf),
  };
}
