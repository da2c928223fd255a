import type { HealthView } from '../live/health-board.js';
import { isMonitored } from '../live/pool-health.js';
import type { LiveOrigin, LivePool } from '../live/snapshot.js';
import { type WeightedOrigins, weighOrigins } from './weighted.js';

/** Why a pool gets no request. */
export type PoolUnavailable =
  /** The load balancer names a pool that is not in the snapshot. */
  | 'missing'
  | 'disabled'
  /** Fewer healthy enabled origins than `minimumOrigins`. */
  | 'unhealthy'
  /** No origin is enabled, weighs more than 0 and is healthy or unmonitored. */
  | 'no_eligible_origin';

/** What steering derives from one pool while neither the pool nor any verdict changes. */
export interface PoolState {
  readonly unavailable: PoolUnavailable | null;
  /** Enabled, weight above 0, and healthy or unmonitored. Null when there is none. */
  readonly eligible: WeightedOrigins | null;
  /** The same as fallback pool, where health only orders: the eligible origins, else all enabled ones with a weight. */
  readonly asFallback: WeightedOrigins | null;
}

export function poolState(pool: LivePool, health: HealthView): PoolState {
  const monitored = isMonitored(pool);
  const enabled = pool.origins.filter((origin) => origin.enabled);
  // Unknown counts as down once a monitor is attached.
  const usable = monitored ? enabled.filter((origin) => isHealthy(health, pool, origin)) : enabled;
  const eligible = weighOrigins(usable);
  return {
    unavailable: whyUnavailable(pool, monitored && usable.length < pool.minimumOrigins, eligible),
    eligible,
    asFallback: pool.enabled ? (eligible ?? weighOrigins(enabled)) : null,
  };
}

function isHealthy(health: HealthView, pool: LivePool, origin: LiveOrigin): boolean {
  return health.origin(pool.id, origin.key)?.state === 'healthy';
}

function whyUnavailable(
  pool: LivePool,
  belowMinimum: boolean,
  eligible: WeightedOrigins | null,
): PoolUnavailable | null {
  if (!pool.enabled) return 'disabled';
  if (belowMinimum) return 'unhealthy';
  return eligible ? null : 'no_eligible_origin';
}
