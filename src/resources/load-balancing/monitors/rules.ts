import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { newHexId } from '../../../api/identifiers.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { Settings } from '../../context.js';
import { type Reference, referenceTo } from '../references.js';
import { columnsOf, fieldsOf } from './fields.js';
import { fieldsAfter } from './from-body.js';
import { refuseHttpOnly } from './http-only.js';
import { checkLimits } from './limits.js';
import type { MonitorBody, MonitorFields } from './schema.js';
import * as store from './store.js';

export async function get(db: Client, accountId: string, id: string): Promise<store.Monitor> {
  const monitor = await store.find(db, accountId, id);
  if (!monitor) throw new ApiError('lb_object_missing', 'monitor');
  return monitor;
}

export async function create(
  tx: Tx,
  settings: Settings,
  accountId: string,
  body: MonitorBody,
): Promise<store.Monitor> {
  const monitor = made(settings, accountId, body);
  await store.insert(tx, monitor);
  return monitor;
}

/** The monitor that `body` describes, not stored; throws what the first broken rule says. */
export function made(settings: Settings, accountId: string, body: MonitorBody): store.Monitor {
  const fields = checked(fieldsAfter(body, null), settings);
  const now = new Date();
  return { id: newHexId(), accountId, ...columnsOf(fields), createdOn: now, modifiedOn: now };
}

/** PUT: what the body leaves out goes back to its default. */
export function replace(tx: Tx, settings: Settings, accountId: string, id: string, body: MonitorBody) {
  return change(tx, settings, accountId, id, body, () => null);
}

/** PATCH: what the body leaves out stays. */
export function merge(tx: Tx, settings: Settings, accountId: string, id: string, body: MonitorBody) {
  return change(tx, settings, accountId, id, body, (stored) => stored);
}

/** Writes nothing when nothing changes. */
async function change(
  tx: Tx,
  settings: Settings,
  accountId: string,
  id: string,
  body: MonitorBody,
  base: (stored: MonitorFields) => MonitorFields | null,
): Promise<store.Monitor> {
  const before = await get(tx.db, accountId, id);
  const stored = fieldsOf(before);
  const fields = fieldsAfter(body, base(stored));
  if (isDeepStrictEqual(fields, stored)) return before;
  const after = { ...before, ...columnsOf(checked(fields, settings)), modifiedOn: new Date() };
  await store.update(tx, after);
  return after;
}

export async function remove(tx: Tx, accountId: string, id: string): Promise<void> {
  if ((await references(tx.db, accountId, id)).length > 0) throw new ApiError('object_in_use');
  await store.remove(tx, id);
}

/** The pools and monitor groups that use the monitor. */
export async function references(db: Client, accountId: string, id: string): Promise<Reference[]> {
  await get(db, accountId, id);
  const pools = await store.poolsWith(db, id);
  const groups = await store.groupsWith(db, id);
  return [
    ...pools.map((pool) => referenceTo('referrer', 'pool', pool)),
    ...groups.map((group) =>
      referenceTo('referrer', 'monitor_group', { id: group.id, name: group.description }),
    ),
  ];
}

function checked(fields: MonitorFields, settings: Settings): MonitorFields {
  refuseHttpOnly(fields);
  checkLimits(fields, settings.minMonitorInterval);
  return fields;
}
