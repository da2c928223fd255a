import { isDeepStrictEqual } from 'node:util';
import { timestamp } from '../../../api/timestamps.js';
import type { LiveMonitorGroup } from '../../../state/snapshot.js';
import type { DatabaseClient } from '../../../storage/database.js';
import type { Definition, Relation } from '../../../storage/tables/definition.js';
import { among, relationOf, type Stored, storedFrom, storedToWire, valuesFrom } from '../../_kit/stored.js';
import { fields, type GroupValues, member } from './fields.js';

/** When a monitor came into the group, and when what is set of it there was changed last. */
interface MemberTimes {
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface MonitorGroup extends Stored<GroupValues> {
  /** Of each member, in their order. */
  readonly memberTimes: readonly MemberTimes[];
}

/** A monitor that was in the group keeps its times while nothing is set otherwise; its place in the list does not matter for that. */
export function withMemberTimes(group: MonitorGroup, before: MonitorGroup | null): MonitorGroup {
  const now = group.modifiedOn;
  const memberTimes = group.values.members.map((member) => {
    const index =
      before?.values.members.findIndex(({ monitor_id }) => monitor_id === member.monitor_id) ?? -1;
    const times = before?.memberTimes[index];
    const same = isDeepStrictEqual(before?.values.members[index], member);
    return { createdAt: times?.createdAt ?? now, updatedAt: times && same ? times.updatedAt : now };
  });
  return { ...group, memberTimes };
}

const memberRelation: Relation<MonitorGroup> = {
  table: 'monitor_group_member',
  columns: ['group_id', 'position', ...Object.keys(member), 'created_at', 'updated_at'],
  key: ['group_id', 'position'],
  rowsOf: ({ id, values, memberTimes }) =>
    values.members.map((member, position) => ({
      ...member,
      group_id: id,
      position,
      created_at: memberTimes[position]!.createdAt,
      updated_at: memberTimes[position]!.updatedAt,
    })),
};

export const monitorGroups: Definition<MonitorGroup, 'monitor'> = {
  noun: 'monitor_group',
  ownerOf: ({ accountId }) => accountId,
  createdAt: ({ createdOn }) => createdOn,
  indexes: { monitor: ({ values }) => values.members.map(({ monitor_id }) => monitor_id) },
  relations: [relationOf<typeof fields, MonitorGroup>('monitor_group', fields), memberRelation],
  async load(db: DatabaseClient, ids) {
    const rows = await db.monitorGroup.findMany({
      where: among(ids),
      include: { members: { orderBy: { position: 'asc' } } },
    });
    return rows.map(({ members, ...row }) => ({
      ...storedFrom(fields, row, {
        members: members.map((read) => valuesFrom(member, read)),
      }),
      memberTimes: members.map(({ createdAt, updatedAt }) => ({ createdAt, updatedAt })),
    }));
  },
};

/** The group as the data plane sees it: disabled members are not there. */
export const liveMonitorGroup = ({ id, values }: MonitorGroup): LiveMonitorGroup => ({
  id,
  members: values.members
    .filter(({ enabled }) => enabled)
    .map(({ monitor_id, monitoring_only, must_be_healthy }) => ({
      monitorId: monitor_id,
      monitoringOnly: monitoring_only,
      mustBeHealthy: must_be_healthy,
    })),
});

export const monitorGroupToWire = (group: MonitorGroup) =>
  storedToWire(group, {
    description: group.values.description,
    members: group.values.members.map((member, index) => ({
      ...member,
      created_at: timestamp(group.memberTimes[index]!.createdAt),
      updated_at: timestamp(group.memberTimes[index]!.updatedAt),
    })),
  });
