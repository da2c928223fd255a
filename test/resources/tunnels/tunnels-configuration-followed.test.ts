import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  localConfigurationParams,
  REGISTRATION_METHOD,
  registerParams,
} from '../../../src/tunnel/rpc/registration.js';
import { answers, connectConfigurable } from '../../edge/configurable.js';
import { cleanUp } from '../../edge/fixture.js';
import { type Caller, type EdgeToDial, openCaller, requestOf } from '../../edge/raw-connector.js';
import { type Api, apiOf } from '../../support/api.js';
import { startOfframp } from '../../support/offramp.js';
import { edgeOf } from '../../support/raw-connectors.js';
import { createScratchDatabase } from '../../support/scratch-database.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { eventually } from '../../support/waiting.js';

let offramp: SharedOfframp;
let api: Api;
let edge: EdgeToDial;
let names = 0;

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  edge = await edgeOf(offramp);
});
afterEach(cleanUp);
afterAll(() => offramp.stop());

interface Tunnel {
  readonly path: string;
  readonly token: string;
}

async function tunnel(fields: object = {}, client = api): Promise<Tunnel> {
  names += 1;
  const { id, token } = await client.create('@/cfd_tunnel', { name: `followed-${names}`, ...fields });
  return { path: `@/cfd_tunnel/${id}`, token };
}

const configFor = (status: number) => ({ ingress: [{ service: `http_status:${status}` }] });
const put = async ({ path }: Tunnel, status: number) =>
  (await api.put(`${path}/configurations`, { config: configFor(status) })).body;
const connectorsOf = async ({ path }: Tunnel): Promise<{ id: string; config_version: number }[]> =>
  (await api.get(`${path}/connections`)).body.result;

test('when a PUT is answered, the connectors have been told, and have taken it over', async () => {
  const tunnel1 = await tunnel();
  const { pushes } = await connectConfigurable(edge, tunnel1);
  await eventually(async () => (await connectorsOf(tunnel1)).length === 1);
  expect((await connectorsOf(tunnel1))[0]!.config_version).toBe(0);
  for (const version of [1, 2]) {
    const { messages, result } = await put(tunnel1, 400 + version);
    expect([messages, result.version]).toEqual([[], version]);
    expect(pushes.at(-1)).toMatchObject({ version, config: configFor(400 + version) });
    expect(await connectorsOf(tunnel1)).toMatchObject([{ config_version: version }]);
  }
  const { pushes: later } = await connectConfigurable(edge, tunnel1);
  await eventually(async () => later.length === 1);
  expect(later).toMatchObject([{ version: 2, config: configFor(402) }]);
});

test('connectors of a remotely managed tunnel without a configuration are told version 0, which has no rules', async () => {
  const remote = await tunnel({ config_src: 'cloudflare' });
  const { pushes } = await connectConfigurable(edge, remote);
  await eventually(async () => pushes.length === 1);
  expect(pushes).toMatchObject([{ version: 0, config: {} }]);
  const nothing = await api.put(`${remote.path}/configurations`, {});
  expect(nothing.body.result.version).toBe(1);
  expect(pushes.at(-1)).toMatchObject({ version: 1, config: {} });
});

test('a connector that does not take the configuration over is named by PUT and GET, until it has', async () => {
  const shared = await tunnel({ config_src: 'cloudflare' });
  let obedient = false;
  await connectConfigurable(edge, shared);
  const { session } = await connectConfigurable(
    edge,
    shared,
    (pushed) =>
      obedient || pushed.version === 0 ? pushed.answer() : pushed.answer('{"lastAppliedVersion":0,"err":{}}'),
    { version: '2026.8.2' },
  );
  await eventually(async () => (await connectorsOf(shared)).length === 2);
  const [good, bad] = await connectorsOf(shared);
  const complaint = {
    code: 10503,
    message: `version: connector ${bad!.id} (2026.8.2, 127.0.0.1) refused it and stays with version 0; its log says why, asked for version 1`,
  };
  expect((await put(shared, 404)).messages).toEqual([complaint]);
  const shown = await api.get(`${shared.path}/configurations`);
  expect([shown.body.messages, shown.body.result.version]).toEqual([[complaint], 1]);
  expect(await connectorsOf(shared)).toMatchObject([
    { id: good!.id, config_version: 1 },
    { id: bad!.id, config_version: 0 },
  ]);
  // What cloudflared reads has texts at most in `messages`.
  for (const own of ['', '/connections', '/token', '/management'])
    expect((await api.get(`${shared.path}${own}`)).body.messages).toEqual([]);

  obedient = true;
  expect((await put(shared, 405)).messages).toEqual([]);
  expect(await connectorsOf(shared)).toMatchObject([{ config_version: 2 }, { config_version: 2 }]);
  obedient = false;
  expect((await put(shared, 406)).messages).toHaveLength(1);
  session.destroy();
  await eventually(async () => (await api.get(`${shared.path}/configurations`)).body.messages.length === 0);
});

test('what one connection of a connector has taken over, the others need not have answered', async () => {
  const shared = await tunnel({ config_src: 'cloudflare' });
  const clientId = '99999999-2222-4333-8444-555555555555';
  await connectConfigurable(edge, shared, answers(), { clientId, connIndex: 0 });
  await connectConfigurable(edge, shared, ({ stream }) => stream.close(2), { clientId, connIndex: 1 });
  await eventually(
    async () => (await api.get(`${shared.path}/connections`)).body.result[0]?.conns.length === 2,
  );
  expect((await put(shared, 404)).messages).toEqual([]);
  expect(await connectorsOf(shared)).toMatchObject([{ id: clientId, config_version: 1 }]);
});

/** A connector that has registered, and can tell its configuration. */
async function register(token: string, to = edge): Promise<Caller> {
  const caller = await openCaller(to);
  await caller.rpc.call(REGISTRATION_METHOD.registerConnection, registerParams(requestOf(token)));
  return caller;
}

const tell = ({ rpc }: Caller, json: string) =>
  rpc.call(REGISTRATION_METHOD.updateLocalConfiguration, localConfigurationParams(Buffer.from(json)));

test('what a connector tells of its own configuration is shown, with the version as it was', async () => {
  const local = await tunnel();
  const connector = await register(local.token);
  const own = {
    __configuration_flags: { metrics: '127.0.0.1:0' },
    ingress: [{ service: 'http://localhost:80', originRequest: { connectTimeout: 30 } }],
    'warp-routing': {},
  };
  await tell(connector, JSON.stringify(own));
  const shown = async () => (await api.get(`${local.path}/configurations`)).body.result;
  await eventually(async () => (await shown()).config !== undefined);
  const first = await shown();
  expect(first).toMatchObject({ version: 0, source: 'local', config: own });

  // The same again is not written. What another tunnel's connector tells comes after it.
  await tell(connector, JSON.stringify(own));
  const other = await tunnel();
  await tell(await register(other.token), JSON.stringify(own));
  await eventually(
    async () => (await api.get(`${other.path}/configurations`)).body.result.config !== undefined,
  );
  expect(await shown()).toEqual(first);
  await tell(connector, '{"ingress":null}');
  await eventually(async () => (await shown()).config.ingress === undefined);
  expect((await shown()).version).toBe(0);

  // From now on Offramp tells, and what the connector has of its own does not count.
  expect((await put(local, 404)).result).toMatchObject({ version: 1, source: 'cloudflare' });
  await tell(connector, '{"ingress":[{"service":"bastion"}]}');
  await tell(await register(local.token), '{"ingress":[{"service":"bastion"}]}');
  expect((await put(local, 405)).result).toMatchObject({ version: 2, config: configFor(405) });
  expect(await shown()).toMatchObject({ version: 2, source: 'cloudflare', config: configFor(405) });
});

test.each([
  ['', /is no JSON object/],
  ['[]', /is no JSON object/],
  ['null', /is no JSON object/],
  ['{"ingress":', /is no JSON object/],
  ['7', /is no JSON object/],
  [`{"ingress":"${'x'.repeat(1024 * 1024)}"}`, /configuration of 1048590 bytes; at most 1048576 are taken/],
])(
  'a configuration of its own that is none is refused, and the connector stays: %.20s',
  async (json, reason) => {
    const local = await tunnel();
    const connector = await register(local.token);
    await expect(tell(connector, json)).rejects.toThrow(reason);
    await tell(connector, '{"note":"kept"}');
    await eventually(
      async () => (await api.get(`${local.path}/configurations`)).body.result.config !== undefined,
    );
  },
);

test('a configuration of its own that cannot be kept is left out', async () => {
  const local = await tunnel();
  const connector = await register(local.token);
  for (const json of ['{"ingress":[]}', '{"ingress":[{"service":5}]}', '{"note":"a\\u0000b"}'])
    await tell(connector, json);
  await tell(connector, '{"note":"kept"}');
  const shown = async () => (await api.get(`${local.path}/configurations`)).body.result.config;
  await eventually(async () => (await shown()) !== undefined);
  expect(await shown()).toEqual({ note: 'kept' });
});

test('what a connector has told outlives a restart, and the next PUT goes on from there', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-configuration-'));
  const server = process.env.TEST_DATABASE_URL;
  const storage = server ? ['--database-url', await createScratchDatabase(server)] : [];
  const flags = ['--data-dir', dataDir, ...storage];
  const first = await startOfframp(flags);
  const local = await tunnel({}, apiOf(first));
  await tell(await register(local.token, await edgeOf(first)), '{"ingress":[{"service":"bastion"}]}');
  // Not waited for: what was told before the end is written down at the end.
  await first.stop();
  const second = await startOfframp(flags);
  const client = apiOf(second);
  expect((await client.get(`${local.path}/configurations`)).body.result).toMatchObject({
    version: 0,
    source: 'local',
    config: { ingress: [{ service: 'bastion' }] },
  });
  const next = await client.put(`${local.path}/configurations`, { config: configFor(404) });
  expect(next.body.result).toMatchObject({ version: 1, source: 'cloudflare', config: configFor(404) });
  await second.stop();
  await rm(dataDir, { recursive: true, force: true });
});
