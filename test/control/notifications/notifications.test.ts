import { expect, test } from 'vitest';
import type { Alert } from '../../../src/control/notifications/alert.js';
import { createNotifications } from '../../../src/control/notifications/notifications.js';
import type { LiveTunnel } from '../../../src/state/snapshot.js';
import { createFakeClock } from '../../support/fake-clock.js';
import { livePool } from '../../support/live-objects.js';

const tunnel: LiveTunnel = {
  id: 'tunnel-1',
  accountId: 'account-1',
  name: 'office',
  secretSha256: '',
  configuration: null,
};

function start(upsert: object = { pool: [livePool()], tunnel: [tunnel] }) {
  const clock = createFakeClock();
  const alerts: Alert[] = [];
  const status = { now: 'healthy' };
  const notifications = createNotifications({
    awaitedTunnels: [],
    everything: { complete: true, upsert, remove: {} },
    clock,
    tunnelStatus: () => status.now,
    send: (alert) => alerts.push(alert),
  });
  const commit = (upsert: object, remove: object = {}) =>
    notifications.committed({ complete: false, upsert, remove });
  return { clock, alerts, status, commit, ...notifications };
}

test('a pool that is switched off or on is told, and what else changes of it is not', () => {
  const { alerts, commit } = start();
  commit({ pool: [livePool({ name: 'renamed' })] });
  commit({ pool: [livePool({ enabled: false })] });
  commit({ pool: [livePool({ enabled: false, minimumOrigins: 2 })] });
  commit({ pool: [livePool(), livePool({ id: 'new', enabled: false })] });
  expect(alerts.map(({ alert_type, data }) => [alert_type, 'enabled' in data && data.enabled])).toEqual([
    ['load_balancing_pool_enablement_alert', false],
    ['load_balancing_pool_enablement_alert', true],
  ]);
});

test('a tunnel that comes, changes or goes is told', () => {
  const { alerts, commit } = start({});
  commit({ tunnel: [tunnel] });
  commit({ tunnel: [{ ...tunnel }] });
  commit({ tunnel: [{ ...tunnel, name: 'lab' }] });
  commit({}, { tunnel: ['tunnel-1', 'tunnel-2'] });
  expect(alerts.map(({ text, data }) => [text, 'action' in data && data.action])).toEqual([
    ['Tunnel office is created', 'created'],
    ['Tunnel lab is updated', 'updated'],
    ['Tunnel lab is deleted', 'deleted'],
  ]);
});

test('what is missing when everything is read again has been deleted', () => {
  const { alerts, commit, committed } = start({ tunnel: [tunnel], pool: [livePool()] });
  committed({ complete: true, upsert: { tunnel: [{ ...tunnel, id: 'tunnel-2', name: 'lab' }] }, remove: {} });
  expect(alerts.splice(0).map(({ text }) => text)).toEqual([
    'Tunnel lab is created',
    'Tunnel office is deleted',
  ]);
  commit({ pool: [livePool({ enabled: false })] });
  expect(alerts).toEqual([]);
});

test('how a tunnel is, is told when it has settled and only when it has changed', () => {
  const { alerts, clock, status, commit, connectionChanged } = start();
  const told = () => alerts.splice(0).map(({ data }) => 'new_status' in data && data.new_status);
  for (const now of ['degraded', 'degraded', 'healthy']) {
    status.now = now;
    connectionChanged('tunnel-1');
    clock.advance(500);
  }
  clock.advance(1_000);
  expect(told()).toEqual(['healthy']);
  connectionChanged('tunnel-1');
  clock.advance(2_000);
  expect(told()).toEqual([]);
  status.now = 'down';
  connectionChanged('tunnel-1');
  clock.advance(2_000);
  expect(told()).toEqual(['down']);
  commit({}, { tunnel: ['tunnel-1'] });
  alerts.length = 0;
  connectionChanged('tunnel-1');
  clock.advance(2_000);
  expect(told()).toEqual([]);
});
