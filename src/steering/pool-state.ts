import type { HealthView } from '../live/health-board.js';
import type { LoadView } from '../live/load-board.js';
import { isMonitored, originState } from '../live/pool-health.js';
import type { LiveOrigin, LivePool } from '../live/snapshot.js';
import { type OriginGroup, originGroup } from './origin-group.js';
import type { PoolUnavailable } from './plan.js';

/** What steering derives from one pool while neither the pool nor any verdict on it changes. */
export interface PoolState {
  readonly unavailable: PoolUnavailable | null;
  /** Enabled, weight above 0, and healthy or unmonitored. Null when there is none. */
  readonly eligible: OriginGroup | null;
  /** The same as fallback pool, where health only orders: the eligible origins, else all enabled ones with a weight. */
  readonly asFallback: OriginGroup | null;
}

/** As seen from `region`; '' is no region. */
export function poolState(pool: LivePool, health: HealthView, load: LoadView, region: string): PoolState {
  const monitored = isMonitored(pool);
  const enabled = pool.origins.filter((origin) => origin.enabled);
  // Unknown counts as down once a monitor is attached.
  const usable = monitored
    ? enabled.filter(({ key }) => originState(pool, key, health, region) === 'healthy')
    : enabled;
  const group = (origins: readonly LiveOrigin[]) => {
    const weighted = origins.filter(({ weight }) => weight > 0);
    return weighted.length > 0 ? originGroup(weighted, pool, load) : null;
  };
  const eligible = group(usable);
  return {
    unavailable: whyUnavailable(pool, monitored && usable.length < pool.minimumOrigins, eligible),
    eligible,
    asFallback: pool.enabled ? (eligible ?? group(enabled)) : null,
  };
}

function whyUnavailable(
  pool: LivePool,
  belowMinimum: boolean,
  eligible: OriginGroup | null,
): PoolUnavailable | null {
  if (!pool.enabled) return 'disabled';
  if (belowMinimum) return 'unhealthy';
  return eligible ? null : 'no_eligible_origin';
}
