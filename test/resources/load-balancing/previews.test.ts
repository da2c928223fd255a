import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { eventually } from '../../support/waiting.js';

let offramp: SharedOfframp;
let api: Api;
const LB = '@/load_balancers';
const ABSENT_ID = '0'.repeat(32);

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

let pools = 0;
const createPool = (fields: object = {}) =>
  api.create(`${LB}/pools`, {
    name: `pool-${++pools}`,
    origins: [{ name: 'local', address: 'localhost' }],
    ...fields,
  });
const createMonitor = () => api.create(`${LB}/monitors`, { expected_codes: '200', port: 1 });

/** The result of a preview with that many pools. */
async function resultOf(path: string, count: number) {
  let result = {};
  await eventually(async () => {
    result = (await api.get(path)).body.result;
    return Object.keys(result).length === count;
  });
  return result;
}

test('a monitor is tried on the pools that it watches, alone or in a group, with no effect on them', async () => {
  const { port } = await httpOrigin((_request, response) => response.writeHead(204).end());
  const monitor = await createMonitor();
  const group = await api.create(`${LB}/monitor_groups`, {
    description: '',
    members: [{ monitor_id: monitor.id, enabled: true, monitoring_only: false, must_be_healthy: false }],
  });
  const alone = await createPool({ monitor: monitor.id });
  const grouped = await createPool({ monitor_group: group.id });
  await createPool();
  const health = async () => (await api.get(`${LB}/pools/${alone.id}/health`)).body.result.pop_health;
  await eventually(async () => Object.keys(await health()).length > 0);
  const started = await api.post(`${LB}/monitors/${monitor.id}/preview`, { expected_codes: '2xx', port });
  expect(started.status).toBe(200);
  expect(started.body.result).toEqual({
    preview_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    pools: { [alone.id]: alone.name, [grouped.id]: grouped.name },
  });
  const path = `/load_balancers/preview/${started.body.result.preview_id}`;
  const found = {
    healthy: true,
    origins: [
      {
        localhost: {
          healthy: true,
          rtt: expect.stringMatching(/^\d+(\.\d+)?(µs|ms|s)$/),
          failure_reason: 'No failures',
          response_code: 204,
        },
      },
    ],
  };
  expect(await resultOf(`@${path}`, 2)).toEqual({ [alone.id]: found, [grouped.id]: found });
  expect((await api.get(`/user${path}`)).body.result).toEqual({ [alone.id]: found, [grouped.id]: found });
  expect((await api.get(`${LB}/monitors/${monitor.id}`)).body.result).toEqual(monitor);
  expect(Object.values(await health())).toMatchObject([{ healthy: false }]);
});

test('a pool without a monitor can be tried with one, below /user too', async () => {
  const pool = await createPool({ enabled: false });
  const body = { type: 'tcp', port: 1 };
  for (const root of [LB, '/user/load_balancers']) {
    const { preview_id, pools } = await api.create(`${root}/pools/${pool.id}/preview`, body);
    expect(pools).toEqual({ [pool.id]: pool.name });
    expect(await resultOf(`${root}/preview/${preview_id}`, 1)).toMatchObject({
      [pool.id]: { healthy: false, origins: [{ localhost: { failure_reason: 'TCP connection failed' } }] },
    });
  }
  expect((await api.get(`${LB}/pools/${pool.id}`)).body.result).toEqual(pool);
});

test('a monitor that nobody uses is tried on nothing', async () => {
  const monitor = await createMonitor();
  const { preview_id, pools } = await api.create(`${LB}/monitors/${monitor.id}/preview`, {
    expected_codes: '200',
  });
  expect(pools).toEqual({});
  expect((await api.get(`${LB}/preview/${preview_id}`)).body.result).toEqual({});
});

test('a preview takes only what a monitor could be', async () => {
  const pool = await createPool();
  const monitor = await createMonitor();
  for (const path of [`${LB}/pools/${pool.id}/preview`, `${LB}/monitors/${monitor.id}/preview`]) {
    for (const [body, text] of [
      [{}, 'expected_codes is required for a http monitor: validation failed'],
      [{ type: 'smtp' }, 'port is required for a smtp monitor: validation failed'],
      [{ expected_codes: '200', interval: 1 }, 'interval is not in range [10, 3600]: validation failed'],
      [{ expected_codes: '200', path: 'x' }, /^path must start with/],
      ['[', /^the body is not valid JSON/],
    ] as const) {
      const answer = await api.post(path, body);
      expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1002]);
      expect(answer.body.errors[0].message).toMatch(text);
    }
    const noticed = await api.post(path, { expected_codes: '200', probe_zone: 'example.com' });
    expect(noticed.body.messages).toMatchObject([{ code: 10501 }]);
  }
});

test('what is not there cannot be tried, and a preview that nobody has started cannot be seen', async () => {
  const body = { expected_codes: '200' };
  for (const [answer, noun] of [
    [await api.post(`${LB}/monitors/${ABSENT_ID}/preview`, body), 'monitor'],
    [await api.post(`${LB}/pools/${ABSENT_ID}/preview`, body), 'pool'],
    [await api.get(`${LB}/preview/${ABSENT_ID}`), 'preview'],
    [await api.get(`/user/load_balancers/preview/${ABSENT_ID}`), 'preview'],
  ] as const)
    expect([answer.status, answer.body.errors[0]]).toEqual([
      404,
      { code: 1001, message: `${noun} not found` },
    ]);
  expect((await api.get(`${LB}/preview/nothing`)).body.errors[0].code).toBe(7003);
});
