import type { MonitorEvent, PoolEvent } from '../../bridge/messages.js';
import type { Clock } from '../../net/clock.js';
import type { SnapshotDelta } from '../../state/snapshot.js';
import type { Alert } from './alert.js';
import { createChangeAlerts } from './change-alerts.js';
import { alertsOfMonitor, alertsOfPool } from './health-alerts.js';
import { createTunnelHealth } from './tunnel-health.js';

export interface NotificationsOptions {
  /** The configuration at the start. */
  readonly everything: Omit<SnapshotDelta, 'revision'>;
  /** Those that were connected before the start, and that nobody has missed yet. */
  readonly awaitedTunnels: readonly string[];
  readonly clock: Clock;
  /** The status of a tunnel by its connections now. */
  readonly tunnelStatus: (tunnelId: string) => string;
  readonly send: (alert: Alert) => void;
}

/** Makes alerts of what happens; see docs/notifications.md. */
export interface Notifications {
  poolEvent(event: PoolEvent): void;
  monitorEvent(event: MonitorEvent): void;
  /** A connection of the tunnel has come or gone. */
  connectionChanged(tunnelId: string): void;
  /** Connectors can register from now on. */
  started(): void;
  committed(delta: Omit<SnapshotDelta, 'revision'>): void;
}

export function createNotifications(options: NotificationsOptions): Notifications {
  const { clock, send } = options;
  const changes = createChangeAlerts(options.everything);
  const { connectionChanged, started } = createTunnelHealth({
    clock,
    awaited: options.awaitedTunnels,
    tunnel: changes.tunnel,
    statusOf: options.tunnelStatus,
    emit: send,
  });
  const sendAll = (alerts: readonly Alert[]) => {
    for (const alert of alerts) send(alert);
  };
  return {
    poolEvent: (event) => sendAll(alertsOfPool(event)),
    monitorEvent: (event) => sendAll(alertsOfMonitor(event)),
    connectionChanged,
    started,
    committed: (delta) => sendAll(changes.follow(delta, clock.now())),
  };
}
