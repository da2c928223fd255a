import { z } from 'zod';
import { ok, type Success } from '../../../api/envelope.js';
import { ApiError } from '../../../api/errors.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { noticesOf } from '../../_kit/fields.js';
import { accountParams, operations } from '../../_kit/operations.js';
import { askDataPlane } from '../../ask.js';
import type { Context } from '../../context.js';
import { liveMonitor } from '../monitors/definition.js';
import { body, fields, type MonitorBody } from '../monitors/fields.js';
import { madeMonitor, poolsWatchedBy } from '../monitors/rules.js';
import type { Pool } from '../pools/definition.js';
import { getPool } from '../pools/rules.js';
import { poolVerdict, verdictsOf } from '../verdict.js';

const started = z
  .object({
    preview_id: hexId,
    pools: z.record(z.string(), z.string()).describe('The name of each pool that is tried, by its id.'),
  })
  .meta({ id: 'Preview' });

const result = z.record(z.string(), poolVerdict).meta({
  id: 'PreviewResult',
  description: 'By pool id; pools that are still being checked are not there.',
});

const PATH = '/accounts/:account_id/load_balancers';

/**
 * Trying a monitor before it is written: what it would find, with no effect on anybody's health. It is a whole monitor, as on
 * creating one: nothing is taken over from a stored one.
 */
export function previewRoutes(app: Http, context: Context): void {
  const { world } = context;
  const about = { family: 'lb', alsoForUser: true, tags: ['Load balancer previews'] } as const;
  const { post, get } = operations(app, about);

  post(
    `${PATH}/monitors/:monitor_id/preview`,
    'Try other settings of a monitor on the pools that it watches',
    { params: accountParams.extend({ monitor_id: hexId }), body, answer: started },
    async ({ params: { account_id, monitor_id }, body }) =>
      start(context, account_id, poolsWatchedBy(world, account_id, monitor_id), body),
  );

  post(
    `${PATH}/pools/:pool_id/preview`,
    'Try a monitor on a pool',
    { params: accountParams.extend({ pool_id: hexId }), body, answer: started },
    async ({ params: { account_id, pool_id }, body }) =>
      start(context, account_id, [getPool(world, account_id, pool_id)], body),
  );

  get(
    `${PATH}/preview/:preview_id`,
    'Show what a preview has found so far',
    { params: accountParams.extend({ preview_id: hexId }), answer: result },
    async ({ params: { account_id, preview_id } }) => ok(await found(context, account_id, preview_id)),
  );
}

/** Has the data plane check every enabled origin of the pools once, and does not wait for that. */
async function start(
  { dataPlane, settings, ids }: Pick<Context, 'dataPlane' | 'settings' | 'ids'>,
  accountId: string,
  pools: readonly Pool[],
  body: MonitorBody,
): Promise<Success<z.output<typeof started>>> {
  const monitor = madeMonitor(settings, accountId, body);
  const previewId = ids.hex();
  await askDataPlane(dataPlane, 'start_preview', {
    previewId,
    accountId,
    monitor: liveMonitor(monitor),
    poolIds: pools.map(({ id }) => id),
  });
  const names = Object.fromEntries(pools.map(({ id, values }) => [id, values.name]));
  return ok({ preview_id: previewId, pools: names }, noticesOf(fields, monitor.values));
}

async function found(
  { dataPlane }: Pick<Context, 'dataPlane'>,
  accountId: string,
  previewId: string,
): Promise<z.output<typeof result>> {
  const report = await askDataPlane(dataPlane, 'preview', { accountId, previewId });
  if (!report) throw new ApiError('lb_object_missing', 'preview');
  return Object.fromEntries(
    report.pools.map(({ poolId, healthy, origins }) => [poolId, { healthy, origins: verdictsOf(origins) }]),
  );
}
