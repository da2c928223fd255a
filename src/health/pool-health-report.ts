import type { HealthView } from '../live/health-board.js';
import type { OriginHealthReport, PoolHealthReport } from '../live/messages.js';
import { isPoolHealthy } from '../live/pool-health.js';
import type { LivePool } from '../live/snapshot.js';

/** What the API shows of a pool: its probed origins, and null for the whole while none of them has had a result. */
export function reportPoolHealth(pool: LivePool | undefined, view: HealthView): PoolHealthReport {
  const origins: OriginHealthReport[] = [];
  let checked = false;
  for (const { key, address } of pool?.origins ?? []) {
    const health = pool && view.origin(pool.id, key);
    if (!health) continue;
    const { state, failureReason, responseCode, rttMs, checkedAt } = health;
    checked ||= checkedAt !== null;
    origins.push({ address, state, failureReason, responseCode, rttMs });
  }
  return { healthy: pool && checked ? isPoolHealthy(pool, view) : null, origins };
}
