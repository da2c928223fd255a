import type { MonitorEvent, PoolEvent } from '../../bridge/messages.js';
import type { LiveNotificationFilter } from '../../state/snapshot.js';
import { type Alert, type HealthData, timestampOf } from './alert.js';

/** What is told of an event of a pool: the pool's own change and those of its origins, as its filters let them through. */
export function alertsOfPool(event: PoolEvent): Alert[] {
  const { poolId: id, poolName: name, healthy, changed, notifications } = event;
  const pool = { id, name };
  const alerts: Alert[] = [];
  if (changed && passes(notifications.pool, healthy)) {
    const data = { event_source: 'pool', pool, new_health: wordFor(healthy) } as const;
    alerts.push(healthAlert(event, `Pool ${name} is ${wordFor(healthy).toLowerCase()}`, data));
  }
  const origins = event.origins
    .filter((origin) => origin.changed && passes(notifications.origin, origin.healthy))
    .map(originData);
  if (origins.length > 0) {
    const text = `Pool ${name}: ${origins.map((one) => `${one.name} (${one.address}) is ${one.new_health.toLowerCase()}`).join(', ')}`;
    alerts.push(healthAlert(event, text, { event_source: 'origin', pool, origins }));
  }
  return alerts;
}

/** What is told of a monitor that has no say: what it has found, though nobody's health has changed. */
export function alertsOfMonitor(event: MonitorEvent): Alert[] {
  const { poolId: id, poolName: name, originName, address, healthy, failureReason, monitorId } = event;
  if (!passes(event.notifications.origin, healthy)) return [];
  const origin = originData({ name: originName, address, healthy, failureReason });
  const text = `Monitor ${monitorId}, which only monitors, finds ${originName} (${address}) of pool ${name} ${origin.new_health.toLowerCase()}`;
  const data = {
    event_source: 'origin',
    pool: { id, name },
    origins: [origin],
    monitoring_only: monitorId,
  } as const;
  return [healthAlert(event, text, data)];
}

const passes = ({ disable, healthy: only }: LiveNotificationFilter, healthy: boolean) =>
  !disable && (only === null || only === healthy);

const wordFor = (healthy: boolean) => (healthy ? 'Healthy' : 'Unhealthy');

type Origin = Pick<PoolEvent['origins'][number], 'name' | 'address' | 'healthy' | 'failureReason'>;

const originData = ({ name, address, healthy, failureReason }: Origin) =>
  ({ name, address, new_health: wordFor(healthy), failure_reason: failureReason }) as const;

function healthAlert(
  { accountId, at }: Pick<PoolEvent, 'accountId' | 'at'>,
  text: string,
  data: HealthData,
): Alert {
  return {
    alert_type: 'load_balancing_health_alert',
    account_id: accountId,
    timestamp: timestampOf(at),
    text,
    data,
  };
}
