import type Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { all, type Recorded, recorded, sdkOf } from '../support/sdk.js';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';
import { eventually } from '../support/waiting.js';

let lab: SharedLab;
let sdk: Recorded<Cloudflare['zeroTrust']['tunnels']>;
let account_id: string;

beforeAll(async () => {
  lab = await openSharedLab();
  sdk = recorded(sdkOf(lab.offramp).zeroTrust.tunnels);
  account_id = lab.offramp.accountId;
});
afterAll(() => lab.close());

const SECRET = Buffer.alloc(32, 7).toString('base64');
const ids = (items: readonly { id?: string }[]) => items.map(({ id }) => id).sort();

test('tunnels: created, read back, listed to the end, changed, deleted', async () => {
  const { cloudflared } = sdk.calls;
  const created = await cloudflared.create({ account_id, name: 'first', tunnel_secret: SECRET });
  const id = created.id!;
  expect(created).toMatchObject({ name: 'first', config_src: 'local', status: 'inactive' });
  const read = await cloudflared.get(id, { account_id });
  expect(created).toMatchObject(read);
  const others = [];
  for (let i = 0; i < 12; i += 1) others.push(await cloudflared.create({ account_id, name: `other ${i}` }));
  const listed = await all(cloudflared.list({ account_id, is_deleted: false, per_page: 5 }));
  expect(listed).toHaveLength(14);
  expect(ids(listed)).toEqual(ids([created, ...others, { id: lab.tunnelId }]));
  const edited = await cloudflared.edit(id, { account_id, name: 'second' });
  expect(edited).toMatchObject({ ...read, name: 'second' });
  const token = await cloudflared.token.get(id, { account_id });
  expect(JSON.parse(Buffer.from(token, 'base64').toString())).toEqual({ a: account_id, t: id, s: SECRET });
  expect(await cloudflared.delete(id, { account_id })).toMatchObject({ id, deleted_at: expect.any(String) });
  expect(ids(await all(cloudflared.list({ account_id, is_deleted: true })))).toEqual([id]);
});

test('configurations: none at first, then what was put, with the next version', async () => {
  const { cloudflared } = sdk.calls;
  const { id } = await cloudflared.create({ account_id, name: 'configured', config_src: 'cloudflare' });
  const before = await cloudflared.configurations.get(id!, { account_id });
  expect(before).toMatchObject({ tunnel_id: id, account_id });
  const config = {
    ingress: [
      { hostname: 'app.example.com', service: 'http://localhost:8080', originRequest: { noTLSVerify: true } },
      { hostname: '', service: 'http_status:404' },
    ],
  };
  const put = await cloudflared.configurations.update(id!, { account_id, config });
  expect(put.config).toMatchObject({ ingress: [config.ingress[0], { service: 'http_status:404' }] });
  expect(put.version).toBe(before.version! + 1);
  expect(await cloudflared.configurations.get(id!, { account_id })).toEqual(put);
});

test('connections: shown with their connector, and dropped', async () => {
  await lab.connect();
  const { connections, connectors, management } = sdk.calls.cloudflared;
  const shown = async () => (await all(connections.get(lab.tunnelId, { account_id })))[0];
  await eventually(async () => (await shown())?.conns?.length === 4);
  const connector = await shown();
  expect(await connectors.get(connector!.id!, { account_id, tunnel_id: lab.tunnelId })).toMatchObject({
    id: connector!.id,
    version: connector!.version,
  });
  expect(await management.create(lab.tunnelId, { account_id, resources: ['logs'] })).toMatch(
    /^[\w-]+\.[\w-]+\.[\w-]+$/,
  );
  expect(await connections.delete(lab.tunnelId, { account_id, client_id: connector!.id! })).toBeNull();
});

test('WARP connectors: created, read back, listed to the end, changed, deleted', async () => {
  const { warpConnector } = sdk.calls;
  const created = await warpConnector.create({ account_id, name: 'warp', ha: true });
  const id = created.id!;
  expect(created).toMatchObject({ name: 'warp', tun_type: 'warp_connector', status: 'inactive' });
  const read = await warpConnector.get(id, { account_id });
  expect(created).toMatchObject(read);
  const others = [];
  for (let i = 0; i < 11; i += 1) others.push(await warpConnector.create({ account_id, name: `warp ${i}` }));
  const listed = await all(warpConnector.list({ account_id, is_deleted: false, per_page: 5 }));
  expect(listed).toHaveLength(12);
  expect(ids(listed)).toEqual(ids([created, ...others]));
  const edited = await warpConnector.edit(id, { account_id, name: 'renamed' });
  expect(edited).toMatchObject({ ...read, name: 'renamed' });

  expect(await warpConnector.configurations.get(id, { account_id })).toMatchObject({
    tunnel_id: id,
    ha_mode: 'none',
  });
  const config = { vips: [{ address: '192.0.2.10' }] };
  const put = await warpConnector.configurations.update(id, { account_id, ha_mode: 'local', config });
  expect(put).toMatchObject({ ha_mode: 'local', config });
  expect(await warpConnector.configurations.get(id, { account_id })).toEqual(put);
  expect(await all(warpConnector.connections.get(id, { account_id }))).toEqual([]);
  expect(await warpConnector.token.get(id, { account_id })).toMatch(/^[A-Za-z0-9+/=]+$/);

  expect(await warpConnector.delete(id, { account_id })).toMatchObject({
    id,
    deleted_at: expect.any(String),
  });
});

test('WARP connectors: no connector of theirs is ever connected, so none can be shown or take over', async () => {
  const { warpConnector } = sdk.calls;
  const { id } = await warpConnector.create({ account_id, name: 'lonely', ha: true });
  const client_id = '11111111-2222-4333-8444-555555555555';
  await expect(warpConnector.connectors.get(client_id, { account_id, tunnel_id: id! })).rejects.toMatchObject(
    { status: 404 },
  );
  await expect(warpConnector.failover.update(id!, { account_id, client_id })).rejects.toMatchObject({
    status: expect.toSatisfy((status: number) => status >= 400 && status < 500),
  });
});

test('tunnels of every kind stand in one list', async () => {
  const listed = await all(sdk.calls.list({ account_id, per_page: 7 }));
  const own = await all(sdk.calls.cloudflared.list({ account_id }));
  const warp = await all(sdk.calls.warpConnector.list({ account_id }));
  expect(ids(listed)).toEqual(ids([...own, ...warp]));
});

/** Only a connected WARP client could make these succeed, and Offramp has no edge for those. */
const REFUSED = ['warpConnector.connectors.get', 'warpConnector.failover.update'];

test('every method of the SDK for tunnels was called, with success unless nothing can be connected', () => {
  expect(sdk.neverCalled()).toEqual([]);
  expect(sdk.neverSucceeded()).toEqual(REFUSED);
});
