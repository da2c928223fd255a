import type { HealthView } from '../live/health-board.js';
import { isMonitored, originState } from '../live/pool-health.js';
import type { LiveOrigin, LivePool, LiveSettings } from '../live/snapshot.js';
import type { AffinityOutcome } from './plan.js';
import { shedsSession } from './shedding.js';
import type { RequestContext } from './visit.js';

/** Whether a request goes on with the origin to which it is pinned. Weights, and the health of the whole pool, do not count. */
export function affinityOutcome(
  pool: LivePool,
  origin: LiveOrigin | undefined,
  settings: LiveSettings,
  health: HealthView,
  context: RequestContext,
): AffinityOutcome {
  if (!pool.enabled) return 'pool_gone';
  if (!origin) return 'origin_gone';
  if (!origin.enabled && !drains(origin, settings, context.now)) return 'origin_gone';
  // Nobody checks an origin that is disabled: while it drains it counts as healthy.
  const checked = origin.enabled && isMonitored(pool);
  if (checked && originState(pool, origin.key, health, context.place.region) !== 'healthy') {
    return 'origin_unhealthy';
  }
  return shedsSession(pool, context.clientIp) ? 'shed' : 'honoured';
}

/** The sessions of an origin that was disabled may go on for a while. */
function drains({ disabledAt }: LiveOrigin, { affinityAttributes }: LiveSettings, now: number): boolean {
  return disabledAt !== null && now < disabledAt + affinityAttributes.drainDuration * 1_000;
}
