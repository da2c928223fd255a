import { ApiError } from '../../../api/errors.js';
import { writesOf } from '../../_kit/change.js';
import type { WorkingWorld } from '../../definitions.js';
import { type Reference, referenceTo } from '../references.js';
import { type MonitorGroup, withMemberTimes } from './definition.js';
import { fields, type GroupValues } from './fields.js';

function getGroup(world: WorkingWorld, accountId: string, id: string): MonitorGroup {
  const group = world.monitorGroups.get(id);
  if (group?.accountId !== accountId) throw new ApiError('lb_object_missing', 'monitor group');
  return group;
}

export const groupWrites = writesOf<typeof fields, MonitorGroup>(
  ({ monitorGroups }) => monitorGroups,
  getGroup,
  (world, accountId) => ({
    declaration: fields,
    identity: (id) => ({ id, accountId, memberTimes: [] }),
    check: (values) => checkMembers(world, accountId, values),
    derive: withMemberTimes,
    inUse: (id) => world.pools.by('monitor_group', id).length > 0,
  }),
);

/** The pools that the group watches, and its monitors. */
export function groupReferences(world: WorkingWorld, accountId: string, id: string): Reference[] {
  const { members } = getGroup(world, accountId, id).values;
  return [
    ...world.pools.by('monitor_group', id).map(referenceTo('referrer', 'pool')),
    ...members
      .map(({ monitor_id }) => world.monitors.get(monitor_id)!)
      .map(referenceTo('referral', 'monitor')),
  ];
}

function checkMembers(world: WorkingWorld, accountId: string, { members }: GroupValues): void {
  const seen = new Map<string, number>();
  for (const [index, { monitor_id }] of members.entries()) {
    const shown = `members[${index}].monitor_id "${monitor_id}"`;
    const first = seen.get(monitor_id);
    if (first !== undefined)
      throw new ApiError(
        'validation_failed',
        `${shown} must be unique in the group: members[${first}] has it`,
      );
    if (world.monitors.get(monitor_id)?.accountId !== accountId)
      throw new ApiError('lb_reference_missing', `${shown} is not a monitor of this account`);
    seen.set(monitor_id, index);
  }
}
