import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type ConnectorUnderTest, runConnector } from '../../support/connectors.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';
import { createScratchDatabase } from '../../support/scratch-database.js';
import { eventually } from '../../support/waiting.js';

const UNKNOWN = '11111111-2222-4333-8444-555555555555';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
/** The last day on which a tunnel shows its connections itself. */
const SHOWN = ['--api-date', '2026-10-04'];
let offramp: RunningOfframp;
let api: Api;
const connectors: ConnectorUnderTest[] = [];

beforeAll(async () => {
  offramp = await startOfframp(SHOWN);
  api = apiOf(offramp);
});
afterAll(async () => {
  for (const connector of connectors) await connector.stop();
  await offramp.stop();
});

interface Connected {
  readonly path: string;
  readonly connector: ConnectorUnderTest;
}

/** A tunnel with one connector that has all its connections. */
async function connected(name: string, to = offramp): Promise<Connected> {
  const client = apiOf(to);
  const { id, token } = await client.create('@/cfd_tunnel', { name });
  const connector = await runConnector('ours', to, token);
  connectors.push(connector);
  const tunnel = `@/cfd_tunnel/${id}`;
  await eventually(async () => (await client.get(tunnel)).body.result.connections.length === 4);
  return { path: tunnel, connector };
}

const statusOf = async (tunnel: string) => (await api.get(tunnel)).body.result.status;
const connectionIds = async (tunnel: string): Promise<string[]> =>
  (await api.get(tunnel)).body.result.connections.map(({ id }: { id: string }) => id);

test('a tunnel shows its connections, and is down when its connector has gone', async () => {
  const { path, connector } = await connected('shown');
  const tunnel = (await api.get(path)).body.result;
  const opened = tunnel.connections.map(({ opened_at }: { opened_at: string }) => opened_at);
  expect(tunnel).toMatchObject({
    status: 'healthy',
    conns_active_at: opened.sort()[0],
    conns_inactive_at: null,
  });
  const { result, result_info } = (await api.get(`${path}/connections`)).body;
  expect(result_info).toMatchObject({ count: 1, total_count: 1 });
  expect(result).toEqual([
    {
      id: tunnel.connections[0].client_id,
      version: tunnel.connections[0].client_version,
      arch: expect.stringMatching(/_/),
      run_at: opened.sort()[0],
      features: expect.any(Array),
      config_version: 0,
      conns: tunnel.connections,
    },
  ]);
  expect(tunnel.connections[0]).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    uuid: tunnel.connections[0].id,
    client_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    client_version: expect.any(String),
    colo_name: expect.any(String),
    is_pending_reconnect: false,
    opened_at: expect.stringMatching(TIME),
    origin_ip: '127.0.0.1',
  });
  const filtered = async (query: string) => (await api.get(`@/cfd_tunnel?${query}`)).body.result.length;
  expect(await filtered('name=shown&status=healthy')).toBe(1);
  expect(await filtered('name=shown&status=inactive')).toBe(0);
  expect(await filtered('name=shown&was_active_at=2100-01-01T00:00:00Z')).toBe(1);
  expect(await filtered('name=shown&was_inactive_at=2100-01-01T00:00:00Z')).toBe(0);

  const renamed = (await api.patch(path, { name: 'renamed' })).body.result;
  expect(renamed).toMatchObject({ status: 'healthy', conns_active_at: tunnel.conns_active_at });

  await connector.stop();
  await eventually(async () => (await api.get(path)).body.result.conns_inactive_at !== null);
  const after = (await api.get(path)).body.result;
  expect(after).toMatchObject({ status: 'down', connections: [], conns_active_at: null });
  expect(after.conns_inactive_at >= tunnel.conns_active_at).toBe(true);
  const { conns_active_at, conns_inactive_at } = after;
  expect((await api.patch(path, { name: 'shown' })).body.result).toMatchObject({
    status: 'down',
    conns_active_at,
    conns_inactive_at,
  });
  expect(await filtered('name=shown&status=down')).toBe(1);
});

test('a connected tunnel is deleted only with cascade, which ends its connections for good', async () => {
  const { path, connector } = await connected('busy');
  const refused = await api.delete(path);
  expect([refused.status, refused.body.errors]).toEqual([
    400,
    [{ code: 1022, message: 'Cannot delete tunnel because it has active connections' }],
  ]);
  expect((await api.delete(`${path}?cascade=false`)).status).toBe(400);
  expect(await statusOf(path)).toBe('healthy');
  const deleted = await api.delete(`${path}?cascade=true`);
  expect(deleted.body.result).toMatchObject({ deleted_at: expect.stringMatching(TIME), connections: [] });
  await eventually(async () => (await connectionIds(path)).length === 0);
  await connector.stop();
});

test('dropped connections come back, and those of another connector are left alone', async () => {
  const { path } = await connected('dropped');
  const before = await connectionIds(path);
  expect((await api.delete(`${path}/connections?client_id=${UNKNOWN}`)).status).toBe(200);
  expect(await connectionIds(path)).toEqual(before);
  const [connector] = (await api.get(`${path}/connections`)).body.result;
  const dropped = await api.delete(`${path}/connections?client_id=${connector.id}`);
  expect([dropped.status, dropped.body.result]).toEqual([200, null]);
  await eventually(async () => {
    const now = await connectionIds(path);
    return now.length === 4 && now.every((id) => !before.includes(id));
  });
});

test('what was connected when the process died is down after the next start', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-connections-'));
  const server = process.env.TEST_DATABASE_URL;
  const storage = server ? ['--database-url', await createScratchDatabase(server)] : [];
  const flags = ['--data-dir', dataDir, ...storage];
  const first = await startOfframp([...SHOWN, ...flags]);
  const { path: tunnel, connector } = await connected('survivor', first);
  await eventually(
    async () =>
      (await apiOf(first).get('@/cfd_tunnel?was_active_at=2100-01-01T00:00:00Z')).body.result.length === 1,
  );
  const gone = once(first.process, 'exit');
  first.process.kill('SIGKILL');
  await gone;
  await connector.stop();
  const second = await startOfframp([...SHOWN, ...flags]);
  expect((await apiOf(second).get(tunnel)).body.result).toMatchObject({
    status: 'down',
    conns_active_at: null,
    conns_inactive_at: expect.stringMatching(TIME),
  });
  await second.stop();
  await rm(dataDir, { recursive: true, force: true });
});
