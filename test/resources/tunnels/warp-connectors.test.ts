import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/warp_connector';
const UNKNOWN = '11111111-2222-4333-8444-555555555555';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

test('a WARP connector is created, read back, renamed and deleted, and is told to lead nowhere', async () => {
  const created = await api.post(PATH, { name: 'office' });
  const connector = created.body.result;
  expect(connector).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    account_tag: offramp.accountId,
    name: 'office',
    status: 'inactive',
    tun_type: 'warp_connector',
    connections: [],
    conns_active_at: null,
    conns_inactive_at: null,
    created_at: expect.stringMatching(TIME),
    deleted_at: null,
    metadata: {},
  });
  expect(created.body.messages).toEqual([
    {
      code: 10501,
      message: 'tun_type: no WARP connector can register here, so its routes lead nowhere',
    },
  ]);
  const one = `${PATH}/${connector.id}`;
  const shown = { ...connector, connections: undefined };
  expect((await api.get(one)).body.result).toEqual(shown);
  expect((await api.patch(one, {})).body.result).toEqual(connector);
  const renamed = { ...connector, name: 'branch' };
  expect((await api.patch(one, { name: 'branch' })).body.result).toEqual(renamed);
  const deleted = await api.delete(one);
  expect(deleted.body.result).toEqual({ ...renamed, deleted_at: expect.stringMatching(TIME) });
  expect((await api.get(one)).body.result).toEqual({ ...deleted.body.result, connections: undefined });
});

test('the token follows the secret', async () => {
  const { id } = await api.create(PATH, { name: 'secretive' });
  const read = async () =>
    JSON.parse(Buffer.from((await api.get(`${PATH}/${id}/token`)).body.result, 'base64').toString());
  expect(await read()).toEqual({ a: offramp.accountId, t: id, s: expect.any(String) });
  const tunnel_secret = Buffer.alloc(40, 7).toString('base64');
  expect(JSON.stringify((await api.patch(`${PATH}/${id}`, { tunnel_secret })).body)).not.toContain(
    tunnel_secret,
  );
  expect((await read()).s).toBe(tunnel_secret);
});

test('operations of one type of tunnel never see or change the other', async () => {
  const warp = await api.create(PATH, { name: 'only warp' });
  const cloudflared = await api.create('@/cfd_tunnel', { name: 'only cloudflared' });
  const requests = (path: string) => [
    api.get(path),
    api.patch(path, { name: 'changed' }),
    api.delete(path),
    api.get(`${path}/token`),
    api.get(`${path}/connections`),
    api.get(`${path}/connectors/${UNKNOWN}`),
    api.get(`${path}/configurations`),
  ];
  const answers = await Promise.all([
    ...requests(`@/cfd_tunnel/${warp.id}`),
    ...requests(`${PATH}/${cloudflared.id}`),
    api.put(`@/cfd_tunnel/${warp.id}/configurations`, { config: {} }),
    api.put(`${PATH}/${cloudflared.id}/configurations`, { ha_mode: 'none' }),
    api.put(`${PATH}/${cloudflared.id}/failover`, { client_id: UNKNOWN }),
    api.delete(`@/cfd_tunnel/${warp.id}/connections`),
    api.post(`@/cfd_tunnel/${warp.id}/management`, { resources: ['logs'] }),
  ]);
  for (const { status, body } of answers) expect([status, body.errors[0].code]).toEqual([404, 1003]);
  const names = async (path: string) =>
    (await api.get(path)).body.result.map(({ name }: { name: string }) => name);
  expect(await names(PATH)).not.toContain('only cloudflared');
  expect(await names('@/cfd_tunnel')).not.toContain('only warp');
  expect((await api.get(`${PATH}/${warp.id}`)).body.result).toEqual({ ...warp, connections: undefined });
});

test('a name is taken by a live tunnel of whatever type', async () => {
  await api.create(PATH, { name: 'taken' });
  await api.create('@/cfd_tunnel', { name: 'taken as well' });
  for (const answer of [
    await api.post('@/cfd_tunnel', { name: 'taken' }),
    await api.post(PATH, { name: 'taken as well' }),
  ])
    expect([answer.status, answer.body.errors[0].code]).toEqual([409, 1013]);
});

test('no connector ever shows', async () => {
  const { id } = await api.create(PATH, { name: 'alone' });
  const listed = await api.get(`${PATH}/${id}/connections`);
  expect(listed.body).toMatchObject({ success: true, result: [], result_info: { total_count: 0 } });
  const one = await api.get(`${PATH}/${id}/connectors/${UNKNOWN}`);
  expect([one.status, one.body.errors]).toEqual([404, [{ code: 1020, message: 'Connector not found' }]]);
});

test('a configuration goes through its modes, one version each', async () => {
  const { id, created_at } = await api.create(PATH, { name: 'available', ha: true });
  const path = `${PATH}/${id}/configurations`;
  expect((await api.get(path)).body.result).toEqual({
    tunnel_id: id,
    ha_mode: 'none',
    config: null,
    configuration_version: 0,
    created_at,
    updated_at: null,
  });
  const eight = Array.from({ length: 8 }, (_, i) => ({ address: `10.0.0.${i}` }));
  const bodies = [
    { ha_mode: 'aws', config: { fnr_id: 'eni-0123456789abcdef0' } },
    { ha_mode: 'local', config: { vips: [{ address: '10.0.0.1' }, { address: 'fd00::1' }] } },
    { ha_mode: 'local', config: { vips: eight, vips_previous: [{ address: '10.0.0.9' }] } },
    { ha_mode: 'disabled', config: {} },
    { ha_mode: 'none', config: null },
    { ha_mode: 'none' },
  ];
  for (const [index, body] of bodies.entries()) {
    const put = await api.put(path, body);
    expect(put.body.result).toEqual({
      tunnel_id: id,
      ha_mode: body.ha_mode,
      config: index < 3 ? body.config : null,
      configuration_version: index + 1,
      created_at,
      updated_at: expect.stringMatching(TIME),
    });
    expect(put.body.messages).toMatchObject([{ code: 10501 }]);
    expect((await api.get(path)).body.result).toEqual(put.body.result);
  }
});

test.each<[unknown, RegExp]>([
  [{}, /ha_mode/],
  [{ ha_mode: 'gcp' }, /ha_mode/],
  [{ ha_mode: 'aws' }, /config\.fnr_id is required for ha_mode "aws"/],
  [{ ha_mode: 'aws', config: { fnr_id: null } }, /config\.fnr_id is required for ha_mode "aws"/],
  [{ ha_mode: 'aws', config: { fnr_id: '' } }, /config\.fnr_id must not be empty/],
  [{ ha_mode: 'aws', config: { fnr_id: 'a\0' } }, /config\.fnr_id must not contain NUL/],
  [
    { ha_mode: 'aws', config: { fnr_id: 'eni-1', vips: [{ address: '10.0.0.1' }] } },
    /config\.vips has no place/,
  ],
  [{ ha_mode: 'local', config: {} }, /config\.vips is required for ha_mode "local"/],
  [{ ha_mode: 'local', config: { vips: [] } }, /config\.vips must have at least one address/],
  [{ ha_mode: 'local', config: { vips: Array(9).fill({ address: '10.0.0.1' }) } }, /more than 8 addresses/],
  [
    { ha_mode: 'local', config: { vips: [{ address: '10.0.0.0/8' }] } },
    /vips\[0\]\.address must be an IP address/,
  ],
  [{ ha_mode: 'local', config: { vips: [{}] } }, /config\.vips\[0\]\.address is required/],
  [{ ha_mode: 'local', config: { vips: 'x' } }, /config\.vips/],
  [{ ha_mode: 'none', config: { fnr_id: 'eni-1' } }, /config\.fnr_id has no place in ha_mode "none"/],
  [{ ha_mode: 'disabled', config: [] }, /config/],
  [[], /object/],
])('a configuration that cannot be used is refused: %j', async (body, message) => {
  const { id } = await api.create(PATH, { name: `refused ${JSON.stringify(body).slice(0, 200)}` });
  const answer = await api.put(`${PATH}/${id}/configurations`, body);
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1030]);
  expect(answer.body.errors[0].message).toMatch(message);
  expect((await api.get(`${PATH}/${id}/configurations`)).body.result).toMatchObject({
    ha_mode: 'disabled',
    configuration_version: 0,
  });
});

test('a failover needs a provider and a connector of the tunnel, which never is', async () => {
  const { id } = await api.create(PATH, { name: 'failing over' });
  const failover = (body: unknown) => api.put(`${PATH}/${id}/failover`, body);
  const reason = async (body: unknown) => {
    const { status, body: answer } = await failover(body);
    expect(status).toBe(400);
    return answer.errors[0].message;
  };
  expect(await reason({})).toMatch(/client_id/);
  expect(await reason({ client_id: 'x' })).toMatch(/client_id must be valid UUID/);
  expect(await reason({ client_id: UNKNOWN })).toBe(
    'Cannot fail over: the tunnel has the ha_mode "disabled", and needs a provider',
  );
  await api.put(`${PATH}/${id}/configurations`, { ha_mode: 'aws', config: { fnr_id: 'eni-1' } });
  expect(await reason({ client_id: UNKNOWN })).toBe(
    `Cannot fail over: "${UNKNOWN}" is not a connector of the tunnel`,
  );
});

test.each([
  [{}, /name/],
  [{ name: '' }, /name must not be empty/],
  [{ name: 'x'.repeat(257) }, /name must be at most 256 characters/],
  [{ name: UNKNOWN }, /name must not be a UUID/],
  [{ name: 'a\0b' }, /name must not contain NUL/],
  [{ name: 'n', ha: 'yes' }, /ha/],
  [null, /object/],
])('a body that cannot be used is refused: %j', async (body, message) => {
  const answer = await api.post(PATH, body);
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1030]);
  expect(answer.body.errors[0].message).toMatch(message);
});

test('a deleted WARP connector takes its routes along, frees its name and takes no changes', async () => {
  const { id } = await api.create(PATH, { name: 'short-lived' });
  const route = await api.create('@/teamnet/routes', { network: '10.66.0.0/16', tunnel_id: id });
  await api.delete(`${PATH}/${id}`);
  expect((await api.get(`@/teamnet/routes/${route.id}`)).status).toBe(404);
  for (const answer of [
    await api.patch(`${PATH}/${id}`, { name: 'back' }),
    await api.delete(`${PATH}/${id}`),
    await api.get(`${PATH}/${id}/token`),
    await api.put(`${PATH}/${id}/configurations`, { ha_mode: 'none' }),
    await api.get(`${PATH}/${UNKNOWN}`),
  ])
    expect([answer.status, answer.body.errors[0].code]).toEqual([404, 1003]);
  expect((await api.post(PATH, { name: 'short-lived' })).status).toBe(200);
});

test('a route to a WARP connector says so and leads nowhere in traffic', async () => {
  const { id } = await api.create(PATH, { name: 'nowhere' });
  const { id: virtual_network_id } = await api.create('@/teamnet/virtual_networks', { name: 'nowhere' });
  const route = await api.create('@/teamnet/routes', {
    network: '10.67.0.0/16',
    tunnel_id: id,
    virtual_network_id,
  });
  expect((await api.get(`@/teamnet/routes/${route.id}`)).body.result).toMatchObject({
    tun_type: 'warp_connector',
    tunnel_name: 'nowhere',
  });
  const monitor = await api.create('@/load_balancers/monitors', { type: 'tcp', port: 80 });
  const pool = await api.create('@/load_balancers/pools', {
    name: 'nowhere',
    origins: [{ name: 'one', address: '10.67.0.1', virtual_network_id }],
    monitor: monitor.id,
  });
  const health = await api.get(`@/load_balancers/pools/${pool.id}/health`);
  expect(JSON.stringify(health.body.result)).toMatch(/"healthy":false.*Network Unreachable/);
});
