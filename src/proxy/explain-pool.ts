import type { OriginExplanation, PoolExplanation } from '../bridge/reports.js';
import type { HealthView } from '../state/health-board.js';
import { isMonitored, originState, whyPoolUnavailable } from '../state/pool-health.js';
import type { LiveOrigin, LivePool } from '../state/snapshot.js';
import type { RequestContext, SkippedPool } from '../steering/contract.js';
import type { Shares } from './sample-shares.js';

/** What stands for and against a pool and each of its origins in this request. */
export function explainPool(
  id: string,
  pool: LivePool | undefined,
  health: HealthView,
  { place }: RequestContext,
  skipped: readonly SkippedPool[],
  shares: Shares,
): PoolExplanation {
  const share = shares.ofPool(id);
  const reason = skipped.find(({ poolId }) => poolId === id)?.reason;
  // Shedding by chance turns away some: the share says how many.
  const passedOver = reason === 'shed' && share > 0 ? undefined : reason;
  return {
    id,
    name: pool?.name ?? null,
    state: pool ? (passedOver ?? whyNot(pool, health, place.region) ?? 'available') : 'missing',
    share,
    origins: (pool?.origins ?? []).map((origin) => ({
      ...explainOrigin(pool!, origin, health, place.region),
      share: share > 0 ? shares.ofOrigin(id, origin.key) / share : 0,
    })),
  };
}

/** For pools that steering did not come to, because one before them took the request. */
function whyNot(pool: LivePool, health: HealthView, region: string): PoolExplanation['state'] | null {
  const unavailable = whyPoolUnavailable(pool, health, region);
  if (unavailable !== null) return unavailable;
  const usable = pool.origins.some((origin) => explainOrigin(pool, origin, health, region).eligible);
  return usable ? null : 'no_eligible_origin';
}

function explainOrigin(
  pool: LivePool,
  { key, name, address, enabled, weight }: LiveOrigin,
  health: HealthView,
  region: string,
): Omit<OriginExplanation, 'share'> {
  const state = isMonitored(pool) && enabled ? (originState(pool, key, health, region) ?? 'unknown') : null;
  const reason = reasonAgainst(enabled, weight, state);
  const detail = state === 'unhealthy' ? (health.origin(pool.id, key)?.failureDetail ?? null) : null;
  return { name, address, eligible: reason === null, reason, health: state, detail, weight };
}

function reasonAgainst(
  enabled: boolean,
  weight: number,
  state: OriginExplanation['health'],
): OriginExplanation['reason'] {
  if (!enabled) return 'disabled';
  if (state === 'unhealthy') return 'unhealthy';
  if (state === 'unknown') return 'not_checked_yet';
  return weight > 0 ? null : 'weight_0';
}
