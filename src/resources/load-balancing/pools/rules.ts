import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { newHexId } from '../../../api/identifiers.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { Settings } from '../../context.js';
import { findMonitorGroup } from '../monitor-groups/index.js';
import { findMonitor } from '../monitors/index.js';
import { type Reference, referenceTo } from '../references.js';
import { fieldsOf, type PoolFields } from './fields.js';
import { fieldsAfter } from './from-body.js';
import { checkFields } from './limits.js';
import { poolAt } from './rows.js';
import { checkOrigins, refuseUnroutableOrigins } from './rules-origins.js';
import type { PatchBody, WriteBody } from './schema.js';
import * as store from './store.js';

export async function get(db: Client, accountId: string, id: string): Promise<store.Pool> {
  const pool = await store.find(db, accountId, id);
  if (!pool) throw new ApiError('lb_object_missing', 'pool');
  return pool;
}

export async function create(
  tx: Tx,
  settings: Settings,
  accountId: string,
  body: WriteBody,
): Promise<store.Pool> {
  const fields = fieldsAfter(body, null);
  await check(tx.db, accountId, fields, null);
  const scope = { accountId, poolId: null, ...scopeOf(settings), monitored: isMonitored(fields) };
  await checkOrigins(tx.db, scope, fields.origins);
  const now = new Date();
  const pool = poolAt(now, { id: newHexId(), accountId, createdOn: now }, fields, null);
  await store.insert(tx, pool);
  return pool;
}

/** PUT: what the body leaves out goes back to its default. */
export function replace(tx: Tx, settings: Settings, accountId: string, id: string, body: WriteBody) {
  return change(tx, settings, accountId, id, body, () => null);
}

/** PATCH: what the body leaves out stays. */
export function merge(tx: Tx, settings: Settings, accountId: string, id: string, body: PatchBody) {
  return change(tx, settings, accountId, id, body, (stored) => stored);
}

/**
 * Writes nothing when nothing changes. Origins are checked when the body names them; of the rest only the first monitor
 * can break a rule of theirs.
 */
async function change(
  tx: Tx,
  settings: Settings,
  accountId: string,
  id: string,
  body: PatchBody,
  base: (stored: PoolFields) => PoolFields | null,
): Promise<store.Pool> {
  const before = await get(tx.db, accountId, id);
  const stored = fieldsOf(before);
  const fields = fieldsAfter(body, base(stored));
  if (isDeepStrictEqual(fields, stored)) return before;
  await check(tx.db, accountId, fields, stored);
  if (body.origins !== undefined) {
    const scope = { accountId, poolId: id, ...scopeOf(settings), monitored: isMonitored(fields) };
    await checkOrigins(tx.db, scope, fields.origins);
  } else if (isMonitored(fields) && !isMonitored(stored))
    refuseUnroutableOrigins(fields.origins, settings.directNetworks.named);
  const after = poolAt(new Date(), before, fields, before);
  await store.update(tx, after, before);
  return after;
}

const scopeOf = ({ originUniqueness, directNetworks }: Settings) => ({
  uniqueness: originUniqueness,
  directNetworks: directNetworks.named,
});

const isMonitored = ({ monitor, monitor_group }: PoolFields) => monitor !== null || monitor_group !== null;

export async function remove(tx: Tx, accountId: string, id: string): Promise<void> {
  await get(tx.db, accountId, id);
  if ((await store.balancersWith(tx.db, id)).length > 0) throw new ApiError('object_in_use');
  await store.remove(tx, id);
}

/** The load balancers that name the pool, and the monitor or the monitor group that it names. */
export async function references(db: Client, accountId: string, id: string): Promise<Reference[]> {
  const { monitorId, monitorGroupId } = await get(db, accountId, id);
  const balancers = await store.balancersWith(db, id);
  const monitor = monitorId === null ? null : await findMonitor(db, accountId, monitorId);
  const group = monitorGroupId === null ? null : await findMonitorGroup(db, accountId, monitorGroupId);
  const named = ({ id, description }: { id: string; description: string }) => ({ id, name: description });
  return [
    ...balancers.map((balancer) => referenceTo('referrer', 'load_balancer', balancer)),
    ...(monitor ? [referenceTo('referral', 'monitor', named(monitor))] : []),
    ...(group ? [referenceTo('referral', 'monitor_group', named(group))] : []),
  ];
}

/** What is `stored` already has been checked when it was written, and cannot have become wrong. */
async function check(
  db: Client,
  accountId: string,
  fields: PoolFields,
  stored: PoolFields | null,
): Promise<void> {
  checkFields(fields);
  const { name, monitor, monitor_group } = fields;
  if (name !== stored?.name && (await store.findByName(db, accountId, name)))
    throw new ApiError('value_not_unique');
  if (monitor !== null && monitor !== stored?.monitor && !(await findMonitor(db, accountId, monitor)))
    throw new ApiError('validation_failed', `monitor "${monitor}" is not a monitor of this account`);
  if (monitor_group === null || monitor_group === stored?.monitor_group) return;
  if (!(await findMonitorGroup(db, accountId, monitor_group)))
    throw new ApiError(
      'validation_failed',
      `monitor_group "${monitor_group}" is not a monitor group of this account`,
    );
}
