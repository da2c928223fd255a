import type { HealthState, HealthView } from './health-board.js';
import type { LivePool } from './snapshot.js';

type CheckedPool = Pick<LivePool, 'id' | 'monitorId' | 'monitorGroupId' | 'healthSources'>;

/** Whether the pool's health is checked; otherwise each of its origins counts as healthy. */
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

/** What the rule looks at in a pool. */
interface CountedPool {
  /** Whether anybody checks its origins. */
  readonly monitored: boolean;
  readonly minimumOrigins: number;
  readonly origins: readonly { readonly key: string; readonly enabled: boolean }[];
}

/**
 * The one rule for the health of a pool: at least `minimumOrigins` of its enabled origins are healthy. Those of a pool without
 * a monitor count as healthy; with one, unknown counts as down. Weights do not matter.
 */
export function hasEnoughHealthyOrigins(
  { monitored, minimumOrigins, origins }: CountedPool,
  stateOf: (originKey: string) => HealthState | undefined,
): boolean {
  let healthy = 0;
  for (const { key, enabled } of origins)
    if (enabled && (!monitored || stateOf(key) === 'healthy')) healthy += 1;
  return healthy >= minimumOrigins;
}

/** The rule as the verdicts of `view` stand, seen from `region` (of all regions by default). */
export function isPoolHealthy(
  pool: CheckedPool & Pick<LivePool, 'minimumOrigins' | 'origins'>,
  view: HealthView,
  region = '',
): boolean {
  const { minimumOrigins, origins } = pool;
  return hasEnoughHealthyOrigins({ monitored: isMonitored(pool), minimumOrigins, origins }, (key) =>
    originState(pool, key, view, region),
  );
}

/** Why a pool takes no traffic, whatever the request; null when it may. The fallback pool needs only to be enabled. */
export function whyPoolUnavailable(
  pool: LivePool,
  view: HealthView,
  region: string,
): 'disabled' | 'unhealthy' | null {
  if (!pool.enabled) return 'disabled';
  return isPoolHealthy(pool, view, region) ? null : 'unhealthy';
}
