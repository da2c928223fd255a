import type { HealthState, HealthView } from './health-board.js';
import type { LivePool } from './snapshot.js';

type CheckedPool = Pick<LivePool, 'id' | 'monitorId' | 'monitorGroupId' | 'healthSources'>;

/** Whether the pool's health is checked; otherwise it is not considered at all. */
export function isMonitored(pool: Pick<LivePool, 'monitorId' | 'monitorGroupId'>): boolean {
  return pool.monitorId !== null || pool.monitorGroupId !== null;
}

/**
 * What is known of an origin where a request is served: the verdict of that region if the pool steers by those of its
 * regions and this one has one, otherwise that of all. '' is no region. Undefined when nobody checks the origin.
 */
export function originState(
  pool: CheckedPool,
  originKey: string,
  view: HealthView,
  region: string,
): HealthState | undefined {
  const health = view.origin(pool.id, originKey);
  if (pool.healthSources === 'local' || region === '') return health?.state;
  const regional = health?.regions?.get(region);
  return regional === undefined || regional === 'unknown' ? health?.state : regional;
}

/**
 * The one rule for "may this pool take traffic": at least `minimumOrigins` of its enabled origins are healthy, as seen from
 * `region` (of all regions by default). Unknown counts as down; weights do not matter. Health is not considered at all
 * without a monitor: such a pool is healthy as long as it has enough enabled origins. Whether the pool itself is enabled is
 * the caller's question.
 */
export function isPoolHealthy(
  pool: CheckedPool & Pick<LivePool, 'minimumOrigins' | 'origins'>,
  view: HealthView,
  region = '',
): boolean {
  const monitored = isMonitored(pool);
  let healthy = 0;
  for (const { key, enabled } of pool.origins) {
    if (!enabled) continue;
    if (!monitored || originState(pool, key, view, region) === 'healthy') healthy += 1;
  }
  return healthy >= pool.minimumOrigins;
}
