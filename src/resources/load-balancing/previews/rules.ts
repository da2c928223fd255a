import { ok, type Success } from '../../../api/envelope.js';
import { ApiError } from '../../../api/errors.js';
import { newHexId } from '../../../api/identifiers.js';
import { noticesOf } from '../../_kit/fields.js';
import { askDataPlane } from '../../ask.js';
import type { Context } from '../../context.js';
import type { WorkingWorld } from '../../definitions.js';
import { liveMonitor } from '../monitors/definition.js';
import { fields, type MonitorBody } from '../monitors/fields.js';
import { getMonitor, madeMonitor, poolsWatchedBy } from '../monitors/rules.js';
import type { Pool } from '../pools/definition.js';
import { verdictsOf } from '../verdict.js';
import type { Result, Started } from './schema.js';

export function poolsOfMonitor(world: WorkingWorld, accountId: string, id: string): readonly Pool[] {
  getMonitor(world, accountId, id);
  return poolsWatchedBy(world, id);
}

/** Has the data plane check every enabled origin of the pools once, and does not wait for that. */
export async function start(
  { dataPlane, settings }: Pick<Context, 'dataPlane' | 'settings'>,
  accountId: string,
  pools: readonly Pool[],
  body: MonitorBody,
): Promise<Success<Started>> {
  const monitor = madeMonitor(settings, accountId, body);
  const previewId = newHexId();
  await askDataPlane(dataPlane, 'start_preview', {
    previewId,
    accountId,
    monitor: liveMonitor(monitor),
    poolIds: pools.map(({ id }) => id),
  });
  const names = Object.fromEntries(pools.map(({ id, values }) => [id, values.name]));
  return ok({ preview_id: previewId, pools: names }, noticesOf(fields, monitor.values));
}

export async function result(
  { dataPlane }: Pick<Context, 'dataPlane'>,
  accountId: string,
  previewId: string,
): Promise<Result> {
  const report = await askDataPlane(dataPlane, 'preview', { accountId, previewId });
  if (!report) throw new ApiError('lb_object_missing', 'preview');
  return Object.fromEntries(
    report.pools.map(({ poolId, healthy, origins }) => [poolId, { healthy, origins: verdictsOf(origins) }]),
  );
}
