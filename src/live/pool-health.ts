import type { HealthView } from './health-board.js';
import type { LivePool } from './snapshot.js';

/** Whether the pool's health is checked; otherwise it is not considered at all. */
export function isMonitored(pool: Pick<LivePool, 'monitorId' | 'monitorGroupId'>): boolean {
  return pool.monitorId !== null || pool.monitorGroupId !== null;
}

/**
 * The one rule for "may this pool take traffic": at least `minimumOrigins` of its enabled origins are healthy. Unknown
 * counts as down; weights do not matter. Health is not considered at all without a monitor: such a pool is healthy as
 * long as it has enough enabled origins. Whether the pool itself is enabled is the caller's question.
 */
export function isPoolHealthy(
  pool: Pick<LivePool, 'id' | 'monitorId' | 'monitorGroupId' | 'minimumOrigins' | 'origins'>,
  view: HealthView,
): boolean {
  const monitored = isMonitored(pool);
  let healthy = 0;
  for (const { key, enabled } of pool.origins) {
    if (!enabled) continue;
    if (!monitored || view.origin(pool.id, key)?.state === 'healthy') healthy += 1;
  }
  return healthy >= pool.minimumOrigins;
}
