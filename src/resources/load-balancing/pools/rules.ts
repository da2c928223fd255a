import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { writesOf } from '../../_kit/change.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import type { Settings } from '../../context.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { type Reference, referenceTo } from '../references.js';
import { type Pool, withDisabledTimes } from './definition.js';
import { fields, type PoolValues } from './fields.js';
import { checkOrigins, refuseUnroutableOrigins } from './rules-origins.js';

export function getPool(world: WorkingWorld, accountId: string, id: string): Pool {
  const pool = world.pools.get(id);
  if (pool?.accountId !== accountId) throw new ApiError('lb_object_missing', 'pool');
  return pool;
}

export const poolWrites = (settings: Settings) =>
  writesOf<typeof fields, Pool>(
    ({ pools }) => pools,
    getPool,
    (world, accountId) => ({
      declaration: fields,
      identity: (id) => ({ id, accountId, disabledAt: null, originsDisabledAt: [] }),
      check: (values, before, body) => check(world, settings, accountId, values, before, body),
      derive: withDisabledTimes,
      inUse: (id) => world.loadBalancers.by('pool', id).length > 0,
    }),
  );

/**
 * What is stored already has been checked when it was written, and cannot have become wrong. Origins are checked when the body names
 * them; of the rest only the first monitor can break a rule of theirs.
 */
function check(
  world: WorkingWorld,
  settings: Settings,
  accountId: string,
  values: PoolValues,
  before: Pool | null,
  body: { readonly origins?: unknown },
): void {
  const stored = before?.values;
  checkLimits(values);
  checkReferences(world, accountId, values, stored);
  const directNetworks = settings.directNetworks.named;
  const monitored = isMonitored(values);
  if (body.origins !== undefined) {
    const uniqueness = settings.originUniqueness;
    const scope = { accountId, poolId: before?.id ?? null, uniqueness, monitored, directNetworks };
    checkOrigins(world, scope, values.origins);
  } else if (monitored && stored && !isMonitored(stored))
    refuseUnroutableOrigins(values.origins, directNetworks);
}

/** Rules between the fields of a pool; throws what the first broken one says. */
function checkLimits(values: PoolValues): void {
  const broken = placeProblem(values) ?? healthSourcesProblem(values) ?? monitorProblem(values);
  if (broken !== null) throw new ApiError('validation_failed', broken);
}

function placeProblem({ latitude, longitude }: PoolValues): string | null {
  if ((latitude === null) === (longitude === null)) return null;
  return `latitude and longitude must be set together: ${latitude === null ? 'latitude' : 'longitude'} is missing`;
}

function healthSourcesProblem({ health_sources, check_regions }: PoolValues): string | null {
  if (health_sources === null) return null;
  if (!isDeepStrictEqual(health_sources, ['regional', 'global']))
    return `health_sources ${JSON.stringify(health_sources)} must be null or ["regional","global"]`;
  return check_regions === null
    ? 'health_sources ["regional","global"] needs at least one of check_regions'
    : null;
}

function monitorProblem({ monitor, monitor_group }: PoolValues): string | null {
  return monitor !== null && monitor_group !== null ? 'monitor and monitor_group must not be set both' : null;
}

function checkReferences(
  world: WorkingWorld,
  accountId: string,
  { name, monitor, monitor_group }: PoolValues,
  stored: PoolValues | undefined,
): void {
  if (name !== stored?.name && world.pools.by('name', keyIn(accountId, name)).length > 0)
    throw new ApiError('value_not_unique');
  if (monitor !== null && monitor !== stored?.monitor && world.monitors.get(monitor)?.accountId !== accountId)
    throw new ApiError('validation_failed', `monitor "${monitor}" is not a monitor of this account`);
  if (monitor_group === null || monitor_group === stored?.monitor_group) return;
  if (world.monitorGroups.get(monitor_group)?.accountId !== accountId)
    throw new ApiError(
      'validation_failed',
      `monitor_group "${monitor_group}" is not a monitor group of this account`,
    );
}

const isMonitored = ({ monitor, monitor_group }: PoolValues) => monitor !== null || monitor_group !== null;

/** Empties `notification_email` of these pools and gives how they are then. */
export const clearEmails = (draft: Pick<WorkingDraft, 'pools' | 'now'>, pools: readonly Pool[]): Pool[] =>
  pools.map((pool) => {
    if (pool.values.notification_email === '') return pool;
    const cleared = {
      ...pool,
      modifiedOn: draft.now,
      values: { ...pool.values, notification_email: '' },
    };
    draft.pools.put(cleared);
    return cleared;
  });

/** The load balancers that name the pool, and the monitor or the monitor group that it names. */
export function poolReferences(world: WorkingWorld, accountId: string, id: string): Reference[] {
  const { monitor, monitor_group } = getPool(world, accountId, id).values;
  const monitors = monitor === null ? [] : [world.monitors.get(monitor)!];
  const groups = monitor_group === null ? [] : [world.monitorGroups.get(monitor_group)!];
  return [
    ...world.loadBalancers.by('pool', id).map(referenceTo('referrer', 'load_balancer')),
    ...monitors.map(referenceTo('referral', 'monitor')),
    ...groups.map(referenceTo('referral', 'monitor_group')),
  ];
}
