import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connectConfigurable } from '../../edge/configurable.js';
import { cleanUp, cleanUpLater } from '../../edge/fixture.js';
import { type EdgeToDial, openRaw, type RawConnector, requestOf } from '../../edge/raw-connector.js';
import { type Api, apiOf } from '../../support/api.js';
import { runConnector } from '../../support/connectors.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';
import { edgeOf } from '../../support/raw-connectors.js';
import { createScratchDatabase } from '../../support/scratch-database.js';
import { eventually } from '../../support/waiting.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
/** The last day on which a tunnel shows its connections itself. */
const SHOWN = ['--api-date', '2026-10-04'];
let offramp: RunningOfframp;
let api: Api;
let edge: EdgeToDial;
let names = 0;

beforeAll(async () => {
  offramp = await startOfframp(SHOWN);
  api = apiOf(offramp);
  edge = await edgeOf(offramp);
});
afterEach(cleanUp);
afterAll(() => offramp.stop());

interface Tunnel {
  readonly path: string;
  readonly token: string;
}

async function tunnel(client = api): Promise<Tunnel> {
  names += 1;
  const { id, token } = await client.create('@/cfd_tunnel', { name: `registered-${names}` });
  return { path: `@/cfd_tunnel/${id}`, token };
}

const shown = async ({ path }: Tunnel, client = api) => (await client.get(path)).body.result;
const tokenOf = async ({ path }: Tunnel) => (await api.get(`${path}/token`)).body.result as string;
const connectorIds = async ({ path }: Tunnel): Promise<string[]> =>
  (await api.get(`${path}/connections`)).body.result.map(({ id }: { id: string }) => id);

/** A connection of the connector `letter`. */
const connect = (to: Tunnel, letter: string, connIndex = 0): Promise<RawConnector> =>
  connectConfigurable(edge, to, undefined, {
    clientId: `${letter.repeat(8)}-2222-4333-8444-555555555555`,
    connIndex,
    version: `version-${letter}`,
  });

/** Why the edge refuses the token. */
async function refusal(token: string): Promise<string> {
  const { registration, session } = await openRaw(edge, requestOf(token));
  const reason = await registration.then(
    () => 'registered',
    (error: Error) => error.message,
  );
  if (reason !== 'registered' && !session.destroyed) await once(session, 'close');
  return reason;
}

test('a new secret counts from the next registration on: what runs stays until it is dropped', async () => {
  const rotated = await tunnel();
  const { session } = await connect(rotated, 'a');
  await eventually(async () => (await shown(rotated)).status === 'healthy');
  const before = (await shown(rotated)).connections;
  // As short as a secret may be.
  const tunnel_secret = Buffer.alloc(22, 9).toString('base64');
  expect((await api.patch(rotated.path, { tunnel_secret })).status).toBe(200);
  expect((await shown(rotated)).connections).toEqual(before);
  expect(await refusal(rotated.token)).toContain('Unauthorized: Invalid tunnel secret');
  expect(await refusal(await tokenOf(rotated))).toBe('registered');

  expect((await api.delete(`${rotated.path}/connections`)).status).toBe(200);
  if (!session.destroyed) await once(session, 'close');
  await eventually(async () => (await shown(rotated)).status === 'down');
  expect(await refusal(rotated.token)).toContain('Unauthorized: Invalid tunnel secret');
});

test('the token of a deleted tunnel, or of one that connectors of another kind serve, leads nowhere', async () => {
  const deleted = await tunnel();
  await api.delete(deleted.path);
  expect(await refusal(deleted.token)).toContain('Unauthorized: Tunnel not found');
  const { id } = await api.create('@/warp_connector', { name: 'warp' });
  const warp = (await api.get(`@/warp_connector/${id}/token`)).body.result;
  expect(await refusal(warp)).toContain('Unauthorized: Tunnel not found');
  const claimed = await tunnel();
  const decoded = JSON.parse(Buffer.from(claimed.token, 'base64').toString());
  const elsewhere = Buffer.from(JSON.stringify({ ...decoded, a: 'f'.repeat(32) })).toString('base64');
  expect(await refusal(elsewhere)).toContain('Unauthorized: Tunnel not found');
});

test('a tunnel with connections is deleted with cascade alone, and its routes go with it', async () => {
  const busy = await tunnel();
  const { session } = await connect(busy, 'a');
  await eventually(async () => (await shown(busy)).status === 'healthy');
  const { id } = await shown(busy);
  const network = '10.77.0.0/16';
  await api.create('@/teamnet/routes', { network, tunnel_id: id });
  expect((await api.delete(busy.path)).body.errors[0].code).toBe(1022);
  const routes = async () =>
    (await api.get(`@/teamnet/routes?is_deleted=false&tunnel_id=${id}`)).body.result.length;
  expect(await routes()).toBe(1);
  expect((await api.delete(`${busy.path}?cascade=true`)).status).toBe(200);
  if (!session.destroyed) await once(session, 'close');
  expect(await routes()).toBe(0);
  expect(await refusal(busy.token)).toContain('Unauthorized: Tunnel not found');
});

test('a tunnel is inactive, healthy, degraded and down, with the times of its connections, step by step', async () => {
  const watched = await tunnel();
  const times = async () => {
    const { status, conns_active_at, conns_inactive_at } = await shown(watched);
    return { status, conns_active_at, conns_inactive_at };
  };
  expect(await times()).toEqual({ status: 'inactive', conns_active_at: null, conns_inactive_at: null });

  const [first, , third] = [
    await connect(watched, 'a', 0),
    await connect(watched, 'a', 1),
    await connect(watched, 'a', 2),
  ];
  await eventually(async () => (await shown(watched)).connections.length === 3);
  const active = await times();
  expect(active).toEqual({
    status: 'healthy',
    conns_active_at: (await shown(watched)).connections[0].opened_at,
    conns_inactive_at: null,
  });
  const connected = async (count: number) =>
    eventually(async () => (await shown(watched)).connections.length === count);
  first.session.destroy();
  await connected(2);
  // Since when it has had connections without a break, and not since when the oldest has been there.
  expect(await times()).toEqual({ ...active, status: 'degraded' });
  expect((await shown(watched)).connections).toMatchObject([
    { is_pending_reconnect: false },
    { is_pending_reconnect: false },
  ]);
  await connect(watched, 'a', 0);
  await connected(3);
  expect(await times()).toEqual(active);

  third.session.destroy();
  await api.delete(`${watched.path}/connections`);
  await eventually(async () => (await times()).conns_inactive_at !== null);
  const down = await times();
  expect(down).toEqual({
    status: 'down',
    conns_active_at: null,
    conns_inactive_at: expect.stringMatching(TIME),
  });
  expect(down.conns_inactive_at >= active.conns_active_at).toBe(true);

  await connect(watched, 'b');
  await eventually(async () => (await times()).status === 'healthy');
  const again = await times();
  expect(again.conns_inactive_at).toBeNull();
  expect(again.conns_active_at >= down.conns_inactive_at).toBe(true);
});

test('replicas are listed in the order in which they came, each with its own connections, and dropped one by one', async () => {
  const shared = await tunnel();
  for (const [letter, index] of ['c0', 'a0', 'c1', 'b0', 'a1'].map(([l, i]) => [l!, Number(i)] as const)) {
    await connect(shared, letter, index);
    await eventually(async () =>
      (await shown(shared)).connections.some((one: { client_id: string }) =>
        one.client_id.startsWith(letter),
      ),
    );
  }
  await eventually(async () => (await shown(shared)).connections.length === 5);
  const { result } = (await api.get(`${shared.path}/connections`)).body;
  const { connections } = await shown(shared);
  const letters = ['c', 'a', 'b'];
  expect(result).toMatchObject(
    letters.map((letter) => {
      const conns = connections.filter((one: { client_id: string }) => one.client_id.startsWith(letter));
      return { version: `version-${letter}`, run_at: conns[0].opened_at, conns };
    }),
  );
  const [c, a, b] = result.map(({ id }: { id: string }) => id);
  await api.delete(`${shared.path}/connections?client_id=${a}`);
  await eventually(async () => (await connectorIds(shared)).length === 2);
  expect(await connectorIds(shared)).toEqual([c, b]);
});

test('connectors that go on trying are back after a restart, and the tunnel is active from then on', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-restart-'));
  const server = process.env.TEST_DATABASE_URL;
  const storage = server ? ['--database-url', await createScratchDatabase(server)] : [];
  const flags = ['--data-dir', dataDir, ...storage];
  let current = await startOfframp([...SHOWN, ...flags]);
  // The edge is at the same address for the connector, wherever it is.
  const relay = net.createServer((near) => {
    const [, host, port] = /^(.*):(\d+)$/.exec(current.edge)!;
    const far = net.connect(Number(port), host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  cleanUpLater(() => relay.close());
  const stable = await tunnel(apiOf(current));
  const address = `127.0.0.1:${(relay.address() as AddressInfo).port}`;
  const connector = await runConnector('ours', { ...current, edge: address }, stable.token);
  cleanUpLater(() => connector.stop());
  await eventually(async () => (await shown(stable, apiOf(current))).connections.length === 4);
  const before = await shown(stable, apiOf(current));

  const gone = once(current.process, 'exit');
  current.process.kill('SIGKILL');
  await gone;
  current = await startOfframp([...SHOWN, ...flags]);
  await eventually(async () => (await shown(stable, apiOf(current))).connections.length === 4);
  const after = await shown(stable, apiOf(current));
  expect(after).toMatchObject({ status: 'healthy', conns_inactive_at: null });
  expect(after.conns_active_at > before.conns_active_at).toBe(true);
  expect(after.connections[0].client_id).toBe(before.connections[0].client_id);
  await connector.stop();
  await current.stop();
  await rm(dataDir, { recursive: true, force: true });
});
