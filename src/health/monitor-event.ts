import type { MonitorEvent } from '../live/messages.js';
import type { LivePool } from '../live/snapshot.js';
import type { MonitorFinding } from './prober.js';

/** What is told of a finding; undefined unless the monitor only monitors: what the others find shows in the pool's events. */
export function monitorEventOf(
  finding: MonitorFinding,
  pool: LivePool | undefined,
): MonitorEvent | undefined {
  const { target, monitorId, to, failureReason, at } = finding;
  const found = target.monitors.find(({ monitor }) => monitor.id === monitorId);
  if (!pool || !found?.monitoringOnly || to === 'unknown') return undefined;
  return {
    accountId: pool.accountId,
    poolId: pool.id,
    poolName: pool.name,
    monitorId,
    originName: target.origin.name,
    address: target.origin.address,
    healthy: to === 'healthy',
    failureReason,
    at,
    notifications: pool.notifications,
  };
}
