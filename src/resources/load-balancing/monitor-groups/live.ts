import type { LiveMonitorGroup } from '../../../live/snapshot.js';
import type { MonitorGroup } from './store.js';

/** The group as the data plane sees it: disabled members are not there. */
export function liveMonitorGroup({ id, members }: MonitorGroup): LiveMonitorGroup {
  return {
    id,
    members: members
      .filter(({ enabled }) => enabled)
      .map(({ monitorId, monitoringOnly, mustBeHealthy }) => ({ monitorId, monitoringOnly, mustBeHealthy })),
  };
}
