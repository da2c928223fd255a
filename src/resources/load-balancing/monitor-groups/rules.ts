import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { newHexId } from '../../../api/identifiers.js';
import type { Client, Tx } from '../../../storage/database.js';
import { existingMonitors } from '../monitors/index.js';
import { type Reference, referenceTo } from '../references.js';
import { memberOf, membersAt } from './members.js';
import type { GroupFields, PatchBody } from './schema.js';
import * as store from './store.js';

export async function get(db: Client, accountId: string, id: string): Promise<store.MonitorGroup> {
  const group = await store.find(db, accountId, id);
  if (!group) throw new ApiError('lb_object_missing', 'monitor group');
  return group;
}

export async function create(tx: Tx, accountId: string, body: GroupFields): Promise<store.MonitorGroup> {
  await checkMembers(tx.db, accountId, body);
  const now = new Date();
  const id = newHexId();
  const members = membersAt(now, id, body.members, null);
  const group = {
    id,
    accountId,
    description: body.description,
    createdOn: now,
    modifiedOn: now,
    members,
  };
  await store.insert(tx, group);
  return group;
}

/** PUT and PATCH: members are replaced as a whole. Writes nothing when nothing changes. */
export async function change(
  tx: Tx,
  accountId: string,
  id: string,
  body: PatchBody,
): Promise<store.MonitorGroup> {
  const before = await get(tx.db, accountId, id);
  const stored: GroupFields = { description: before.description, members: before.members.map(memberOf) };
  const fields: GroupFields = {
    description: body.description ?? stored.description,
    members: body.members ?? stored.members,
  };
  if (isDeepStrictEqual(fields, stored)) return before;
  await checkMembers(tx.db, accountId, fields);
  const now = new Date();
  const after = {
    ...before,
    description: fields.description,
    modifiedOn: now,
    members: membersAt(now, id, fields.members, before),
  };
  await store.update(tx, after);
  return after;
}

export async function remove(tx: Tx, accountId: string, id: string): Promise<store.MonitorGroup> {
  const group = await get(tx.db, accountId, id);
  if ((await store.poolsWith(tx.db, id)).length > 0) throw new ApiError('object_in_use');
  await store.remove(tx, id);
  return group;
}

/** The pools that the group watches, and its monitors. */
export async function references(db: Client, accountId: string, id: string): Promise<Reference[]> {
  const group = await get(db, accountId, id);
  const pools = await store.poolsWith(db, id);
  const monitors = await existingMonitors(db, accountId, monitorsOf(group));
  return [
    ...pools.map((pool) => referenceTo('referrer', 'pool', pool)),
    ...monitorsOf(group).map((monitorId) =>
      referenceTo('referral', 'monitor', { id: monitorId, name: monitors.get(monitorId) ?? '' }),
    ),
  ];
}

const monitorsOf = (group: store.MonitorGroup) => group.members.map(({ monitorId }) => monitorId);

async function checkMembers(db: Client, accountId: string, { members }: GroupFields): Promise<void> {
  const seen = new Map<string, number>();
  const known = await existingMonitors(
    db,
    accountId,
    members.map(({ monitor_id }) => monitor_id),
  );
  for (const [index, { monitor_id }] of members.entries()) {
    const shown = `members[${index}].monitor_id "${monitor_id}"`;
    const first = seen.get(monitor_id);
    if (first !== undefined) {
      const reason = `${shown} must be unique in the group: members[${first}] has it`;
      throw new ApiError('validation_failed', reason);
    }
    if (!known.has(monitor_id))
      throw new ApiError('lb_reference_missing', `${shown} is not a monitor of this account`);
    seen.set(monitor_id, index);
  }
}
