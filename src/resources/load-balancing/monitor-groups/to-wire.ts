import { timestamp } from '../../../api/timestamps.js';
import { memberOf } from './members.js';
import type { WireMonitorGroup } from './schema.js';
import type { MonitorGroup } from './store.js';

export function toWire(group: MonitorGroup): WireMonitorGroup {
  return {
    id: group.id,
    description: group.description,
    members: group.members.map((row) => ({
      ...memberOf(row),
      created_at: timestamp(row.createdAt),
      updated_at: timestamp(row.updatedAt),
    })),
    created_on: timestamp(group.createdOn),
    modified_on: timestamp(group.modifiedOn),
  };
}
