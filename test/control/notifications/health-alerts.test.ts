import { expect, test } from 'vitest';
import type { MonitorEvent, PoolEvent } from '../../../src/bridge/messages.js';
import { alertsOfMonitor, alertsOfPool } from '../../../src/control/notifications/health-alerts.js';
import type { LiveNotificationFilter } from '../../../src/state/snapshot.js';

const ALL: LiveNotificationFilter = { disable: false, healthy: null };
const NONE: LiveNotificationFilter = { disable: true, healthy: null };
const only = (healthy: boolean): LiveNotificationFilter => ({ disable: false, healthy });

const origin = (name: string, healthy: boolean, changed = true): PoolEvent['origins'][number] => ({
  name,
  address: `${name}.example.com`,
  ip: null,
  enabled: true,
  healthy,
  changed,
  failureReason: healthy ? 'No failures' : 'TCP Timeout',
});

const event = (fields: Partial<PoolEvent> = {}): PoolEvent => ({
  accountId: 'account-1',
  poolId: 'pool-1',
  poolName: 'shop',
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  healthy: false,
  changed: true,
  minimumOrigins: 1,
  origins: [origin('a', false), origin('b', true), origin('c', true, false)],
  notifications: { pool: ALL, origin: ALL },
  ...fields,
});

const told = (one: PoolEvent) =>
  alertsOfPool(one).map(({ data }) =>
    'origins' in data ? data.origins!.map(({ name }) => name).join() : 'pool',
  );

test('a pool that changes is told, and all of its origins that have changed together', () => {
  const base = {
    alert_type: 'load_balancing_health_alert',
    account_id: 'account-1',
    timestamp: '2026-01-02T03:04:05.000Z',
  };
  const pool = { id: 'pool-1', name: 'shop' };
  expect(alertsOfPool(event())).toEqual([
    {
      ...base,
      text: 'Pool shop is unhealthy',
      data: { event_source: 'pool', pool, new_health: 'Unhealthy' },
    },
    {
      ...base,
      text: 'Pool shop: a (a.example.com) is unhealthy, b (b.example.com) is healthy',
      data: {
        event_source: 'origin',
        pool,
        origins: [
          { name: 'a', address: 'a.example.com', new_health: 'Unhealthy', failure_reason: 'TCP Timeout' },
          { name: 'b', address: 'b.example.com', new_health: 'Healthy', failure_reason: 'No failures' },
        ],
      },
    },
  ]);
});

test.each([
  ['origins are not told', { pool: ALL, origin: NONE }, ['pool']],
  ['the pool is not told', { pool: NONE, origin: ALL }, ['a,b']],
  ['origins that go down are told', { pool: NONE, origin: only(false) }, ['a']],
  ['origins that recover are told', { pool: NONE, origin: only(true) }, ['b']],
  ['a pool that recovers would be told', { pool: only(true), origin: NONE }, []],
  ['a pool that goes down is told', { pool: only(false), origin: NONE }, ['pool']],
])('T40 as the filter says, %s', (_what, notifications, expected) => {
  expect(told(event({ notifications }))).toEqual(expected);
});

test('a pool that stays as it was is not told', () => {
  expect(told(event({ changed: false }))).toEqual(['a,b']);
});

const found: MonitorEvent = {
  accountId: 'account-1',
  poolId: 'pool-1',
  poolName: 'shop',
  monitorId: 'monitor-9',
  originName: 'a',
  address: '192.0.2.1',
  healthy: false,
  failureReason: 'TCP Timeout',
  at: 0,
  notifications: { pool: ALL, origin: ALL },
};

test('T35 what a monitor that only monitors has found is told, though no health has changed', () => {
  expect(alertsOfMonitor(found)).toMatchObject([
    {
      alert_type: 'load_balancing_health_alert',
      data: {
        event_source: 'origin',
        monitoring_only: 'monitor-9',
        origins: [{ name: 'a', new_health: 'Unhealthy', failure_reason: 'TCP Timeout' }],
      },
    },
  ]);
  expect(alertsOfMonitor({ ...found, notifications: { pool: ALL, origin: only(true) } })).toEqual([]);
});
