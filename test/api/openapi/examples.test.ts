import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenapiDocument } from '../../../src/api/openapi/document.js';
import { BODIES } from '../../../src/api/openapi/examples.js';
import { type Api, apiOf } from '../../support/api.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

let offramp: RunningOfframp;
let api: Api;
let shown: OpenapiDocument;

beforeAll(async () => {
  offramp = await startOfframp();
  api = apiOf(offramp);
  const answer = await fetch(`${new URL(offramp.apiUrl).origin}/docs/json`);
  shown = (await answer.json()) as OpenapiDocument;
});
afterAll(() => offramp.stop());

test('the page begins with the account and the zone that are there', () => {
  const { account_id, zone_id } = shown.components.parameters!;
  expect([account_id!.example, zone_id!.example]).toEqual([offramp.accountId, offramp.zoneId]);
});

test('the page says what to paste where every credential is good', () => {
  expect(shown.info.description).toMatch(/paste anything/);
});

test('every example belongs to a body that is there', () => {
  expect(Object.keys(BODIES).filter((name) => !(name in shown.components.schemas))).toEqual([]);
});

test('what the examples create can be created', async () => {
  const monitor = await api.create('@/load_balancers/monitors', BODIES.MonitorWrite as object);
  const pool = await api.create('@/load_balancers/pools', {
    ...(BODIES.PoolWrite as object),
    monitor: monitor.id,
  });
  const tunnel = await api.create('@/cfd_tunnel', BODIES.TunnelCreate as object);
  const real = (name: string) =>
    JSON.parse(
      JSON.stringify(BODIES[name])
        .replaceAll('f1aba936b94213e5b8dca0c0dbf1f9cc', monitor.id)
        .replaceAll('17b5962d775c646f3f9725cbc7a53df4', pool.id)
        .replaceAll('f70ff985-a4ef-4643-bbbc-4a0ed4fc8415', tunnel.id),
    ) as object;
  const zone = `/zones/${offramp.zoneId}`;
  const posts = [
    ['/accounts', 'AccountCreate'],
    ['/zones', 'ZoneCreate'],
    ['@/load_balancers/monitor_groups', 'MonitorGroupWrite'],
    [`${zone}/load_balancers`, 'LoadBalancerWrite'],
    ['@/teamnet/virtual_networks', 'VirtualNetworkCreate'],
    ['@/teamnet/routes', 'NetworkRouteCreate'],
    ['@/zerotrust/routes/hostname', 'HostnameRouteCreate'],
    ['@/zerotrust/subnets/warp', 'SubnetCreate'],
    ['@/warp_connector', 'WarpConnectorCreate'],
  ] as const;
  for (const [path, name] of posts) {
    const { status, body } = await api.post(path, real(name));
    expect([name, status, body]).toEqual([name, 200, expect.anything()]);
  }
  const changed = await api.patch(`@/load_balancers/pools/${pool.id}`, real('PoolPatch'));
  const configured = await api.put(
    `@/cfd_tunnel/${tunnel.id}/configurations`,
    real('TunnelConfigurationReplace'),
  );
  expect([changed.status, configured.status]).toEqual([200, 200]);
});
