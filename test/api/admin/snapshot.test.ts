import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../../src/net/random.js';
import { type Api, apiOf } from '../../support/api.js';
import { runConnector } from '../../support/connectors.js';
import { everyAnswer, fillEveryNoun } from '../../support/every-noun.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';
import { runProgram } from '../../support/program.js';
import { randomSeed } from '../../support/random-seed.js';
import { trafficClient } from '../../support/traffic.js';
import { eventually } from '../../support/waiting.js';

const TOKEN = 'a-token-for-the-snapshots-of-this-test';
const FLAGS = ['--api-token', TOKEN, '--direct-network=127.0.0.0/8'];
let offramp: RunningOfframp;
let other: RunningOfframp;
let api: Api;
beforeAll(async () => {
  [offramp, other] = await Promise.all([startOfframp(FLAGS), startOfframp([...FLAGS, '--memory'])]);
  api = apiOf(offramp, TOKEN);
});
afterAll(() => Promise.all([offramp.stop(), other.stop()]));

async function snapshot(
  method: 'GET' | 'PUT',
  { apiUrl }: Pick<RunningOfframp, 'apiUrl'>,
  sent?: unknown,
  token = TOKEN,
) {
  const response = await fetch(new URL('/_offramp/snapshot', apiUrl), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const body: any = await response.json();
  return { status: response.status, body };
}

async function answers(client: Api) {
  const all = Object.entries(await everyAnswer(client));
  return Object.fromEntries(all.filter(([target]) => !target.startsWith(EVENTS)));
}
const EVENTS = '@/load_balancing_analytics/events';

// biome-ignore lint/suspicious/noExplicitAny: a snapshot, of whatever form.
function rows({ tables: { health_event, ...rest } }: any) {
  expect(health_event.length).toBeGreaterThan(0);
  return JSON.stringify(rest);
}

test('what was saved is what another database answers with, byte for byte', async () => {
  const origin = await httpOrigin((_request, response) => response.end('from the snapshot'));
  await fillEveryNoun(api, origin.port, offramp.zoneId);
  const isHealthy = async () => (await api.get('@/load_balancers/pools')).body.result[0].healthy;
  await eventually(async () => (await isHealthy()) && (await api.get(EVENTS)).body.result.length > 0);
  const saved = await snapshot('GET', offramp);
  expect(saved.status).toBe(200);

  const restored = await snapshot('PUT', other, saved.body);

  expect(restored).toMatchObject({
    status: 200,
    body: { result: { account_id: offramp.accountId, zone_id: offramp.zoneId, domain: 'example.com' } },
  });
  const there = apiOf({ ...other, accountId: offramp.accountId, zoneId: offramp.zoneId }, TOKEN);
  const expected = await answers(api);
  // Its health checks have to find the origin first, which is an event.
  await eventually(async () => isDeepStrictEqual(await answers(there), expected));
  expect(Object.keys(expected).length).toBeGreaterThan(50);
  expect(rows((await snapshot('GET', other)).body)).toEqual(rows(saved.body));
  const client = trafficClient(other.http);
  onTestFinished(() => client.close());
  expect((await client.get('one.example.com')).body).toBe('from the snapshot');
});

test('what was written after it is gone when it is put back, for traffic as well', async () => {
  const before = await snapshot('GET', offramp);
  await api.create('/accounts', { name: 'Later' });
  const [pool] = (await api.get('@/load_balancers/pools')).body.result;
  await api.patch(`@/load_balancers/pools/${pool.id}`, { description: 'later' });

  await snapshot('PUT', offramp, before.body);

  expect((await snapshot('GET', offramp)).body).toEqual(before.body);
  expect((await api.get(`@/load_balancers/pools/${pool.id}`)).body.result.description).toBe('');
  // The next write builds on it, and numbers its revision.
  await api.patch(`@/load_balancers/pools/${pool.id}`, { description: 'again' });
  expect((await api.get(`@/load_balancers/pools/${pool.id}`)).body.result.description).toBe('again');
});

test('connectors of tunnels that are in it stay connected, and requests go through them at once', async () => {
  const origin = await httpOrigin((_request, response) => response.end('behind the tunnel'));
  const network = await api.create('@/teamnet/virtual_networks', { name: 'kept' });
  const tunnel = await api.create('@/cfd_tunnel', { name: 'kept', config_src: 'cloudflare' });
  const [tunnel_id, virtual_network_id] = [tunnel.id, network.id];
  await api.create('@/teamnet/routes', { network: '10.7.0.0/24', tunnel_id, virtual_network_id });
  const token = (await api.get(`@/cfd_tunnel/${tunnel.id}/token`)).body.result;
  const connector = await runConnector('ours', offramp, token, [`10.7.0.1:80=127.0.0.1:${origin.port}`]);
  onTestFinished(() => connector.stop());
  const connections = async () =>
    (await api.get(`@/cfd_tunnel/${tunnel.id}/connections`)).body.result[0]?.conns ?? [];
  await eventually(async () => (await connections()).length === 4);
  const before = await connections();
  const saved = await snapshot('GET', offramp);

  const origins = [{ name: 'one', address: '10.7.0.1', virtual_network_id }];
  const client = trafficClient(offramp.http);
  onTestFinished(() => client.close());
  // Each of two tests makes what it needs.
  for (const name of ['first', 'second']) {
    const pool = await api.create('@/load_balancers/pools', { name, origins });
    const balancer = { name: `${name}.example.com`, default_pools: [pool.id], fallback_pool: pool.id };
    await api.create('%/load_balancers', { ...balancer, proxied: true });
    expect((await client.get(`${name}.example.com`)).body).toBe('behind the tunnel');
    await snapshot('PUT', offramp, saved.body);
    expect((await client.get(`${name}.example.com`)).status).toBe(530);
  }
  expect(await connections()).toEqual(before);
});

test('a snapshot that does not fit says why, and changes nothing', async () => {
  const { body: saved } = await snapshot('GET', offramp);
  const refused = async (sent: unknown) => {
    const { status, body } = await snapshot('PUT', offramp, sent);
    return [status, body.errors[0].code, body.errors[0].message];
  };
  const account = { ...saved.tables.account[0], name: 'Changed by hand' };
  expect(await refused({ ...saved, tables: { ...saved.tables, account: [account] } })).toEqual([
    400,
    10406,
    expect.stringContaining('changed after it was saved'),
  ]);
  expect(await refused({ ...saved, schema: '20200101000000_old' })).toEqual([
    400,
    10406,
    expect.stringContaining('saved by an older version'),
  ]);
  expect(await refused({ ...saved, schema: '29990101000000_new' })).toEqual([
    400,
    10406,
    expect.stringContaining('saved by a newer version'),
  ]);
  expect((await refused({ ...saved, offramp_snapshot: 2 }))[2]).toContain('offramp_snapshot must be 1');
  // Whole by its digest, and with tunnels that have no secret.
  const tables = { ...saved.tables, tunnel_secret: [] };
  const sha256 = createHash('sha256').update(JSON.stringify(tables)).digest('hex');
  expect(await refused({ ...saved, tables, sha256 })).toEqual([
    400,
    10406,
    expect.stringContaining('cannot be read'),
  ]);
  expect((await refused({}))[0]).toBe(400);
  expect((await snapshot('GET', offramp)).body).toEqual(saved);
});

test('it is for tests, and for none of the tokens that the API has made', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-test-'));
  const kept = await startOfframp([...FLAGS, '--data-dir', directory]);
  onTestFinished(async () => {
    await kept.stop();
    await rm(directory, { recursive: true, force: true });
  });
  const { status, body } = await snapshot('GET', kept);
  expect(status).toBe(200);
  expect(await snapshot('PUT', kept, body)).toMatchObject({
    status: 403,
    body: { errors: [{ code: 10405 }] },
  });
  const groups = (await api.get('/user/tokens/permission_groups?name=Account%20Settings%20Write')).body;
  const policies = [
    {
      effect: 'allow',
      permission_groups: [{ id: groups.result[0].id }],
      resources: { [`com.cloudflare.api.account.${offramp.accountId}`]: '*' },
    },
  ];
  const limited = await api.create('/user/tokens', { name: 'limited too', policies });
  expect((await snapshot('GET', offramp, undefined, limited.value)).status).toBe(403);
});

test('the command saves for its owner alone, and puts it back', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'saved.json');
  const run = (...words: string[]) =>
    runProgram(['snapshot', ...words, '--api-url', offramp.apiUrl, '--api-token', TOKEN]);

  expect(await run('save', file)).toMatchObject({ code: 0, out: expect.stringContaining('Saved to') });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual((await snapshot('GET', offramp)).body);
  expect(await run('restore', file)).toMatchObject({ code: 0 });

  const damaged = path.join(directory, 'damaged.json');
  await writeFile(damaged, '{"offramp_snapshot": 1');
  expect(await run('restore', damaged)).toMatchObject({ code: 2, err: expect.stringContaining('JSON') });
  expect(await run('restore', path.join(directory, 'none'))).toMatchObject({ code: 2 });
  expect(await run('erase', file)).toMatchObject({
    code: 2,
    err: expect.stringContaining('save FILE'),
  });
});

const ROUNDS = process.env.OFFRAMP_TEST_LONG ? 100 : 3;

test('whatever a state is made of, the other database answers the same', async () => {
  const own = async (method: string, target: string, body?: string) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(new URL(`/_offramp/${target}`, offramp.apiUrl), {
      method,
      headers,
      ...(body && { body }),
    });
    expect(response.status, await response.clone().text()).toBe(200);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    await own('POST', 'reset');
    await own('POST', 'seed', JSON.stringify(randomSeed(seededRandom(`snapshot ${round}`))));
    const { body: saved } = await snapshot('GET', offramp);
    expect((await snapshot('PUT', other, saved)).status).toBe(200);
    for (const { id: accountId } of saved.tables.account) {
      const [zone = { id: '0'.repeat(32) }] = saved.tables.zone.filter(
        (one: { account_id: string }) => one.account_id === accountId,
      );
      const scope = { accountId, zoneId: zone.id };
      const [expected, found] = [
        apiOf({ ...offramp, ...scope }, TOKEN),
        apiOf({ ...other, ...scope }, TOKEN),
      ];
      // Until both have looked at the origins, which nobody serves.
      await eventually(async () => isDeepStrictEqual(await answers(found), await answers(expected)));
    }
    // And back, from the embedded one to whichever this is.
    const { body: copied } = await snapshot('GET', other);
    expect((await snapshot('PUT', offramp, copied)).status).toBe(200);
    const { health_event: _theirs, ...tables } = (await snapshot('GET', offramp)).body.tables;
    const { health_event: _ours, ...before } = saved.tables;
    expect(JSON.stringify(tables)).toBe(JSON.stringify(before));
  }
});
