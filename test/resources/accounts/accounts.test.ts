import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startConnector } from '../../../src/tunnel/connector/connector.js';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { trafficClient } from '../../support/traffic.js';

let offramp: SharedOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

test('the account of the first start is listed and read', async () => {
  const { body } = await api.get('/accounts');
  expect(body.result).toEqual([
    {
      id: offramp.accountId,
      name: 'Offramp',
      type: 'standard',
      settings: { enforce_twofactor: false },
      created_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    },
  ]);
  expect(body.result_info).toEqual({ page: 1, per_page: 20, count: 1, total_count: 1, total_pages: 1 });
  expect((await api.get('@')).body.result).toEqual(body.result[0]);
});

test('an account list is filtered by name and ends after its last page', async () => {
  expect((await api.get('/accounts?name=Offramp')).body.result).toHaveLength(1);
  expect((await api.get('/accounts?name=Other')).body.result).toEqual([]);
  expect((await api.get('/accounts?page=2')).body.result).toEqual([]);
});

test.each(['per_page=4', 'per_page=51', 'page=0', 'page=x', 'direction=up'])(
  'the list refuses %s',
  async (query) => {
    const answer = await api.get(`/accounts?${query}`);
    expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1001]);
  },
);

test('an account is renamed and gets settings; what PUT leaves out goes back', async () => {
  const named = await api.put('@', {
    name: 'Renamed',
    settings: { abuse_contact_email: 'abuse@example.com' },
  });
  expect(named.body.result).toMatchObject({
    name: 'Renamed',
    settings: { enforce_twofactor: false, abuse_contact_email: 'abuse@example.com' },
  });
  const back = await api.put('@', { name: 'Offramp' });
  expect(back.body.result.settings).toEqual({ enforce_twofactor: false });
  expect((await api.put('@', { settings: {} })).status).toBe(400);
});

test('a second account has its own default network and none of the first one', async () => {
  const answer = await api.post('/accounts', { name: 'Second', type: 'enterprise' });
  const account = answer.body.result;
  expect([answer.status, answer.body.messages]).toEqual([200, []]);
  expect(account).toMatchObject({
    name: 'Second',
    type: 'enterprise',
    settings: { enforce_twofactor: false },
  });
  expect((await api.get(`/accounts/${account.id}`)).body.result).toEqual(account);
  expect((await api.get('/accounts?direction=desc')).body.result[0]).toEqual(account);
  const networks = (await api.get(`/accounts/${account.id}/teamnet/virtual_networks`)).body.result;
  expect(networks).toMatchObject([{ name: 'default', is_default_network: true }]);
  const ours = (await api.get('@/teamnet/virtual_networks')).body.result;
  expect(ours.map(({ id }: { id: string }) => id)).not.toContain(networks[0].id);
  const changed = await api.put(`/accounts/${account.id}`, { name: 'Second', type: 'standard' });
  expect(changed.body.result.type).toBe('standard');
});

test('an account of a tenant unit is made, and the answer says that there are no tenants', async () => {
  const { body } = await api.post('/accounts', { name: 'Of a unit', unit: { id: 'f'.repeat(32) } });
  expect(body.messages).toEqual([
    { code: 10501, message: expect.stringMatching(/^unit: there are no tenants/) },
  ]);
});

test.each([
  [{}, /^name is required/],
  [{ name: '' }, /^name must not be empty/],
  [{ name: 'x'.repeat(101) }, /^name must be at most 100/],
  [{ name: 'a\0' }, /^name must not contain NUL/],
  [{ name: 'ok', type: 'large' }, /^type must be standard or enterprise/],
  [{ name: 'ok', unit: 'one' }, /^unit/],
])('an account like %j is refused', async (body, message) => {
  const answer = await api.post('/accounts', body);
  expect([answer.status, answer.body.errors[0].message]).toEqual([400, expect.stringMatching(message)]);
});

test('a deleted account is gone with everything that it had', async () => {
  const { id } = await api.create('/accounts', { name: 'Full' });
  const inside = `/accounts/${id}`;
  const monitor = await api.create(`${inside}/load_balancers/monitors`, { expected_codes: '200' });
  const tunnel = await api.create(`${inside}/cfd_tunnel`, { name: 'its tunnel' });
  await api.create(`${inside}/teamnet/routes`, { network: '10.0.0.0/8', tunnel_id: tunnel.id });
  const [network] = (await api.get(`${inside}/teamnet/virtual_networks`)).body.result;
  const pool = await api.create(`${inside}/load_balancers/pools`, {
    name: 'its-pool',
    monitor: monitor.id,
    origins: [{ name: 'one', address: '10.0.0.1', virtual_network_id: network.id }],
  });
  const zone = await api.create('/zones', { name: 'its-zone.test', account: { id } });
  await api.create(`/zones/${zone.id}/load_balancers`, {
    name: 'www.its-zone.test',
    default_pools: [pool.id],
    fallback_pool: pool.id,
  });
  await api.create(`/zones/${zone.id}/dns_records`, {
    type: 'CNAME',
    name: 'app',
    content: `${tunnel.id}.cfargotunnel.com`,
    proxied: true,
  });
  await api.create(`${inside}/magic/ipsec_tunnels`, {
    name: 'its-ipsec',
    cloudflare_endpoint: '198.51.100.1',
    interface_address: '10.0.0.0/31',
  });
  await api.create(`${inside}/zerotrust/routes/hostname`, { hostname: 'wiki.local', tunnel_id: tunnel.id });
  await api.create(`${inside}/warp_connector`, { name: 'its WARP connector' });
  await api.put(`${inside}/cfd_tunnel/${tunnel.id}/configurations`, {
    config: { ingress: [{ service: 'http_status:404' }] },
  });
  await api.patch(`${inside}/zerotrust/connectivity_settings`, { icmp_proxy_enabled: true });
  await api.create(`${inside}/load_balancers/monitor_groups`, {
    description: 'its group',
    members: [{ monitor_id: monitor.id, enabled: true, monitoring_only: false, must_be_healthy: false }],
  });
  // What was deleted before stays in the database: a network and a tunnel with their routes.
  const former = await api.create(`${inside}/cfd_tunnel`, { name: 'former' });
  const gone = await api.create(`${inside}/teamnet/virtual_networks`, { name: 'gone' });
  const route = { network: '10.0.0.0/8', virtual_network_id: gone.id };
  await api.create(`${inside}/teamnet/routes`, { ...route, tunnel_id: tunnel.id });
  await api.create(`${inside}/zerotrust/routes/hostname`, { hostname: 'old.local', tunnel_id: former.id });
  await api.delete(`${inside}/teamnet/virtual_networks/${gone.id}?force=true`);
  await api.delete(`${inside}/cfd_tunnel/${former.id}`);
  const token = (await api.get(`${inside}/cfd_tunnel/${tunnel.id}/token`)).body.result;
  const events = new EventEmitter();
  const lost = once(events, 'lost');
  const connector = startConnector({
    token,
    edge: [offramp.edge],
    ca: await readFile(offramp.edgeCa, 'utf8'),
    connections: 1,
    log: pino({}, { write: (line) => line.includes('connection lost') && events.emit('lost') }),
  });
  await connector.ready;
  const visitor = trafficClient(offramp.http);
  expect((await visitor.get('app.its-zone.test')).body).not.toContain('error code: 1001');
  expect((await api.delete(inside)).body.result).toEqual({ id });
  for (const host of ['www.its-zone.test', 'app.its-zone.test'])
    expect((await visitor.get(host)).body).toContain('error code: 1001');
  visitor.close();
  await lost;
  await connector.close();
  for (const path of [inside, `${inside}/cfd_tunnel`, `/zones/${zone.id}`])
    expect([path, (await api.get(path)).status]).toEqual([path, 404]);
  expect((await api.post(`${inside}/cfd_tunnel`, { name: 'too late' })).status).toBe(404);
  expect((await api.delete(inside)).status).toBe(404);
  expect((await api.get('@')).status).toBe(200);
  expect(
    (await api.post('/zones', { name: 'its-zone.test', account: { id: offramp.accountId } })).status,
  ).toBe(200);
});

test('what is written into an account while it is deleted is either in it or refused', async () => {
  const { id } = await api.create('/accounts', { name: 'Contested' });
  const write = (i: number) =>
    api.post(`/accounts/${id}/load_balancers/pools`, {
      name: `pool-${i}`,
      origins: [{ name: 'one', address: 'origin.example.net' }],
    });
  const writes = [...Array(8).keys()].map(write);
  const deleted = api.delete(`/accounts/${id}`);
  const later = [...Array(8).keys()].map((i) => write(i + 8));
  expect((await deleted).status).toBe(200);
  for (const { status } of await Promise.all([...writes, ...later])) expect([200, 404]).toContain(status);
  expect((await api.get(`/accounts/${id}/load_balancers/pools`)).status).toBe(404);
});
