import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Alert } from '../../src/control/notifications/alert.js';
import { type Api, apiOf } from '../support/api.js';
import { httpOrigin } from '../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { eventually } from '../support/waiting.js';

const alerts: (Alert & { readonly signed: boolean })[] = [];
let receiver: Server;
let offramp: RunningOfframp;
let api: Api;

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const signed = /^t=\d+,v1=[0-9a-f]{64}$/.test(String(request.headers['x-offramp-signature']));
    alerts.push({ ...JSON.parse(await text(request)), signed });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  offramp = await startOfframp(['--notify-url', `http://127.0.0.1:${port}/`], {
    OFFRAMP_NOTIFY_SECRET: 'a secret of the receiver',
  });
  api = apiOf(offramp);
});
afterAll(async () => {
  await offramp.stop();
  receiver.close();
});

const about = (type: Alert['alert_type']) => alerts.filter(({ alert_type }) => alert_type === type);
const POOLS = '@/load_balancers/pools';

test('T40 a pool tells what its filter lets through, and when it is switched off', async () => {
  const { port } = await httpOrigin((_request, response) => response.end());
  const monitor = await api.create('@/load_balancers/monitors', { expected_codes: '200', port });
  const pool = (name: string, notification_filter: object) =>
    api.create(POOLS, {
      name,
      monitor: monitor.id,
      origins: [{ name: 'here', address: 'localhost' }],
      notification_filter,
    });
  const quiet = await pool('quiet', { pool: { disable: true }, origin: { disable: true } });
  const failures = await pool('failures', { pool: { healthy: false }, origin: { healthy: false } });
  const alone = await pool('alone', { origin: { disable: true } });
  const pools = () =>
    about('load_balancing_health_alert').map(({ data }) => 'pool' in data && data.pool.name);
  await eventually(() => pools().includes('alone'));
  expect(about('load_balancing_health_alert')).toMatchObject([
    {
      account_id: offramp.accountId,
      data: { event_source: 'pool', pool: { id: alone.id, name: 'alone' }, new_health: 'Healthy' },
      signed: true,
    },
  ]);
  await fetch(`${new URL(offramp.apiUrl).origin}/_offramp/faults`, {
    method: 'PUT',
    headers: { authorization: 'Bearer test-token', 'content-type': 'application/json' },
    body: JSON.stringify({ faults: [{ address: 'localhost', reason: 'TCP Timeout' }] }),
  });
  await eventually(() => pools().length === 4);
  expect(pools().toSorted()).toEqual(['alone', 'alone', 'failures', 'failures']);
  expect(about('load_balancing_health_alert')).toContainEqual(
    expect.objectContaining({
      data: {
        event_source: 'origin',
        pool: { id: failures.id, name: 'failures' },
        origins: [
          { name: 'here', address: 'localhost', new_health: 'Unhealthy', failure_reason: 'TCP Timeout' },
        ],
      },
    }),
  );
  await api.patch(`${POOLS}/${quiet.id}`, { enabled: false });
  await eventually(() => about('load_balancing_pool_enablement_alert').length === 1);
  expect(about('load_balancing_pool_enablement_alert')[0]).toMatchObject({
    data: { pool: { id: quiet.id, name: 'quiet' }, enabled: false },
  });
});

test('a tunnel tells when it is made and deleted', async () => {
  const tunnel = await api.create('@/cfd_tunnel', { name: 'office', config_src: 'cloudflare' });
  await api.delete(`@/cfd_tunnel/${tunnel.id}`);
  await eventually(() => about('tunnel_update_event').length === 2);
  expect(about('tunnel_update_event').map(({ data }) => 'action' in data && data.action)).toEqual([
    'created',
    'deleted',
  ]);
});
