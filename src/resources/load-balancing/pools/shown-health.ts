import type { FailureReason } from '../../../live/health-board.js';
import type { HealthTable } from '../../../live/health-table.js';
import { originKey } from './live.js';
import type { Pool } from './store.js';

export type ShownHealths = Pick<HealthTable, 'origin'>;

interface OriginHealth {
  readonly healthy: boolean;
  readonly failure_reason: FailureReason;
}

/**
 * What every answer about a pool says of its health. An origin that was not checked yet is not healthy, without a failure. Without a
 * monitor nothing is checked, and the enabled origins count as healthy. The pool is healthy by the rule that traffic goes by
 * (`live/pool-health.ts`): at least `minimum_origins` enabled ones are.
 */
export function shownHealth(
  pool: Pool,
  healths: ShownHealths,
): { readonly healthy: boolean; readonly origins: readonly OriginHealth[] } {
  const monitored = pool.monitorId !== null || pool.monitorGroupId !== null;
  const origins = pool.origins.map((origin): OriginHealth => {
    if (!monitored) return { healthy: origin.enabled, failure_reason: 'No failures' };
    const found = healths.origin(pool.id, originKey(origin));
    return { healthy: found?.state === 'healthy', failure_reason: found?.failureReason ?? 'No failures' };
  });
  const up = origins.filter(({ healthy }, index) => healthy && pool.origins[index]!.enabled).length;
  return { healthy: up >= pool.minimumOrigins, origins };
}
