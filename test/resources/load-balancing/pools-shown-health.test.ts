import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { LAB_FLAGS } from '../../support/lab.js';
import { startOfframp } from '../../support/offramp.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { eventually } from '../../support/waiting.js';

let offramp: SharedOfframp;
let api: Api;
const POOLS = '@/load_balancers/pools';

beforeAll(async () => {
  offramp = await sharedOfframp(LAB_FLAGS);
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

const monitorOf = async (port: number, on = api) =>
  (await on.create('@/load_balancers/monitors', { expected_codes: '200', port, interval: 1, timeout: 1 })).id;

interface Shown {
  readonly id: string;
  readonly healthy: unknown;
  readonly origins: readonly { readonly healthy: unknown; readonly failure_reason: unknown }[];
}
const healthOf = ({ healthy, origins }: Shown) => [
  healthy,
  ...origins.map((origin) => [origin.healthy, origin.failure_reason]),
];
const UP = [true, 'No failures'];
const UNKNOWN = [false, 'No failures'];
const DOWN = [false, 'Response code mismatch error'];

/** The pool as every operation shows it, each of which must say the same. */
async function everywhere({ id, ...pool }: Shown & { readonly name: string }): Promise<unknown> {
  const answers = [
    (await api.get(`${POOLS}/${id}`)).body.result,
    (await api.get(`/user/load_balancers/pools/${id}`)).body.result,
    (await api.get(POOLS)).body.result.find((one: Shown) => one.id === id),
    (await api.patch(`${POOLS}/${id}`, {})).body.result,
    // What was read can be written back.
    (await api.put(`${POOLS}/${id}`, pool)).body.result,
    (await api.patch(POOLS, { notification_email: '' })).body.result.find((one: Shown) => one.id === id),
  ].map(healthOf);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  return answers[0];
}

test('every answer about a pool shows what checks find', async () => {
  let status = 200;
  const { port } = await httpOrigin((_request, response) => response.writeHead(status).end());
  const origins = [
    { name: 'here', address: 'localhost' },
    { name: 'off', address: '1.1.1.1', enabled: false },
  ];
  const monitor = await monitorOf(port);
  const pool = await api.create(POOLS, { name: 'checked', monitor, origins });
  // The answer waits for the first check, as long as that does not take long.
  await eventually(async () => (await api.get(`${POOLS}/${pool.id}`)).body.result.healthy);
  expect(await everywhere(pool)).toEqual([true, UP, UNKNOWN]);
  status = 500;
  await eventually(async () => !(await api.get(`${POOLS}/${pool.id}`)).body.result.healthy);
  expect(await everywhere(pool)).toEqual([false, DOWN, UNKNOWN]);
  status = 200;
  await eventually(async () => (await api.get(POOLS)).body.result[0].healthy);
  expect(await everywhere(pool)).toEqual([true, UP, UNKNOWN]);
  // Two are needed, and one is up.
  const more = await api.patch(`${POOLS}/${pool.id}`, { minimum_origins: 2 });
  expect(healthOf(more.body.result)).toEqual([false, UP, UNKNOWN]);
});

test('without a monitor the enabled origins count as healthy', async () => {
  const origins = [
    { name: 'on', address: '1.1.1.1' },
    { name: 'off', address: '9.9.9.9', enabled: false },
  ];
  const pool = await api.create(POOLS, { name: 'unchecked', origins });
  expect(healthOf(pool)).toEqual([true, UP, UNKNOWN]);
  expect(await everywhere(pool)).toEqual([true, UP, UNKNOWN]);
  const off = await api.patch(`${POOLS}/${pool.id}`, { minimum_origins: 2 });
  expect(healthOf(off.body.result)).toEqual([false, UP, UNKNOWN]);
});

test('an origin that was not checked yet is not healthy, and a monitor that is taken off is forgotten', async () => {
  const { port } = await httpOrigin(() => {});
  const monitor = await monitorOf(port);
  const origins = [{ name: 'silent', address: 'localhost' }];
  const pool = await api.create(POOLS, { name: 'silent', monitor, origins });
  expect(healthOf(pool)).toEqual([false, UNKNOWN]);
  const reason = async () => (await api.get(`${POOLS}/${pool.id}`)).body.result.origins[0].failure_reason;
  await eventually(async () => (await reason()) === 'HTTP timeout occurred');
  expect(await everywhere(pool)).toEqual([false, [false, 'HTTP timeout occurred']]);
  const free = await api.patch(`${POOLS}/${pool.id}`, { monitor: '' });
  expect(healthOf(free.body.result)).toEqual([true, UP]);
});

test('after a start the last verdicts are shown from the first answer on', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-shown-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const { port } = await httpOrigin((_request, response) => response.writeHead(503).end());
  const flags = ['--data-dir', dataDir];
  const first = await startOfframp([...flags, '--min-monitor-interval', '1']);
  const before = apiOf(first);
  const monitor = (
    await before.create('@/load_balancers/monitors', { expected_codes: '200', port, interval: 3600 })
  ).id;
  const pool = await before.create(POOLS, {
    name: 'p',
    monitor,
    origins: [{ name: 'o', address: 'localhost' }],
  });
  const shown = async (client: Api) => healthOf((await client.get(`${POOLS}/${pool.id}`)).body.result);
  await eventually(async () => String(await shown(before)) === String([false, DOWN]));
  const events = async () => (await before.get('@/load_balancing_analytics/events')).body.result.length;
  await eventually(async () => (await events()) === 1);
  await first.stop();
  const second = await startOfframp(flags);
  expect(await shown(apiOf(second))).toEqual([false, DOWN]);
  await second.stop();
});
