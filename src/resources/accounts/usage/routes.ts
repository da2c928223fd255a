import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { accountParams, operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import type { WorkingWorld } from '../../definitions.js';

const count = z.int().min(0);

const usage = z
  .object({
    load_balancers: count,
    monitors: count,
    origins: count,
    pools: count,
    max_origins_per_pool: count,
    minimum_monitor_interval: count,
  })
  .meta({ id: 'LoadBalancingUsage' });

export function usageRoutes(app: Http, { world }: Context): void {
  operations(app, { family: 'lb', tags: ['Load balancing usage'] }).get(
    '/accounts/:account_id/load_balancers/usage',
    'Count what an account has',
    { params: accountParams, answer: usage },
    ({ params }) => ok(usageOf(world, params.account_id)),
  );
}

/** What an account has. Without pools the largest has 0 origins, and without monitors the shortest interval is 0 seconds. */
function usageOf(world: WorkingWorld, accountId: string): z.output<typeof usage> {
  const monitors = world.monitors.of(accountId);
  const origins = world.pools.of(accountId).map(({ values }) => values.origins.length);
  const interval = monitors.reduce((least, { values }) => Math.min(least, values.interval), Infinity);
  return {
    load_balancers: world.loadBalancers.by('account', accountId).length,
    monitors: monitors.length,
    origins: origins.reduce((sum, count) => sum + count, 0),
    pools: origins.length,
    max_origins_per_pool: origins.reduce((most, count) => Math.max(most, count), 0),
    minimum_monitor_interval: monitors.length === 0 ? 0 : interval,
  };
}
