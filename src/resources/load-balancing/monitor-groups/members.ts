import type { Member } from './schema.js';
import type { MonitorGroup, MonitorGroupMember } from './store.js';

export const memberOf = (row: MonitorGroupMember): Member => ({
  monitor_id: row.monitorId,
  enabled: row.enabled,
  monitoring_only: row.monitoringOnly,
  must_be_healthy: row.mustBeHealthy,
});

/**
 * The members as they are stored at `now`. A monitor that is in the group already keeps the time it came in, and while
 * nothing is set otherwise, the time of its last change; its place in the list does not matter for that.
 */
export function membersAt(
  now: Date,
  groupId: string,
  members: readonly Member[],
  before: MonitorGroup | null,
): MonitorGroupMember[] {
  const known = new Map(before?.members.map((row) => [row.monitorId, row]));
  return members.map((member, position) => {
    const row = known.get(member.monitor_id);
    const same =
      row?.enabled === member.enabled &&
      row.monitoringOnly === member.monitoring_only &&
      row.mustBeHealthy === member.must_be_healthy;
    return {
      groupId,
      position,
      monitorId: member.monitor_id,
      enabled: member.enabled,
      monitoringOnly: member.monitoring_only,
      mustBeHealthy: member.must_be_healthy,
      createdAt: row?.createdAt ?? now,
      updatedAt: row && same ? row.updatedAt : now,
    };
  });
}
