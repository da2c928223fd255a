import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../proxy/ask.js';
import { type Api, apiOf } from '../support/api.js';
import { httpOrigin } from '../support/fake-origins.js';
import { runProgram } from '../support/program.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
let folder: string;
beforeAll(async () => {
  offramp = await sharedOfframp(['--direct-network=127.0.0.0/8']);
  api = apiOf(offramp);
  folder = await mkdtemp(path.join(os.tmpdir(), 'offramp-control-'));
});
afterAll(async () => {
  await offramp.stop();
  await rm(folder, { recursive: true });
});

const offrampCommand = (...words: string[]) => runProgram([...words, '--api-url', offramp.apiUrl]);

test('reset puts everything back', async () => {
  await api.create('@/teamnet/virtual_networks', { name: 'goes' });
  const { code, out } = await offrampCommand('reset');
  expect([code, out]).toEqual([
    0,
    `Reset: account ${offramp.accountId}, zone ${offramp.zoneId} (${offramp.domain}).\n`,
  ]);
  const networks = (await api.get('@/teamnet/virtual_networks')).body.result;
  expect(networks.map(({ name }: { name: string }) => name)).not.toContain('goes');
});

test('clock stops, advances, sets, starts and goes back', async () => {
  const steps = [
    [['stop', '2030-01-31T12:00:00Z'], /^2030-01-31T12:00:00.000Z, stopped\n$/],
    [['advance', '1.5m'], /^2030-01-31T12:01:30.000Z, stopped\n$/],
    [['set', '2031-01-31T12:00:00Z'], /^2031-01-31T12:00:00.000Z, stopped\n$/],
    [['start'], /^2031-01-31T12:00:0.*, going \d+ ms ahead of real time\n$/],
    [['reset'], /^20.*Z, going with real time\n$/],
    [[], /^20.*Z, going with real time\n$/],
  ] as const;
  for (const [words, shown] of steps) {
    const { code, out } = await offrampCommand('clock', ...words);
    expect([code, out]).toEqual([0, expect.stringMatching(shown)]);
  }
});

test('faults are added, replaced, removed and cleared', async () => {
  const file = path.join(folder, 'faults.json');
  await writeFile(file, JSON.stringify({ faults: [{ on: 'api', name: 'late', delay_ms: 1 }] }));
  const fault = { on: 'traffic', name: 'slow', address: '10.0.0.1', latency_ms: 200 };
  const names = async (...words: string[]) => {
    const { code, out } = await offrampCommand('faults', ...words);
    expect(code).toBe(0);
    const shown = JSON.parse(out);
    return (shown.faults ?? [shown]).map(({ name }: { name: string }) => name);
  };
  expect(await names('add', JSON.stringify(fault))).toEqual(['slow']);
  expect(await names()).toEqual(['slow']);
  expect(await names('replace', file)).toEqual(['late']);
  expect(await names('remove', 'late')).toEqual([]);
  await names('add', JSON.stringify(fault));
  expect(await names('clear')).toEqual([]);
});

test('requests shows, waits for and forgets those of traffic and of the API', async () => {
  const { port } = await httpOrigin((_request, response) => response.end('one'));
  const origins = [{ name: 'one', address: '127.0.0.1', port }];
  const pool = await api.create('@/load_balancers/pools', { name: 'main', origins });
  await api.create('%/load_balancers', {
    ...{ name: 'app.example.com', default_pools: [pool.id], fallback_pool: pool.id, proxied: true },
  });
  await offrampCommand('requests', 'clear');
  await ask(Number(offramp.http.split(':').at(-1)), { host: 'app.example.com', path: '/cart' });
  const shown = await offrampCommand('requests', 'host=app.example.com', 'wait=1');
  expect(shown.code).toBe(0);
  expect(JSON.parse(shown.out)).toMatchObject({ path: '/cart', origin: { name: 'one' } });
  const missed = await offrampCommand('requests', 'path=/other', 'wait=1', 'timeout_ms=10');
  expect([missed.code, missed.out]).toEqual([1, '']);
  expect(missed.err).toMatch(/^nearest: \{"differs":\["path"\]/);
  await api.get('@/load_balancers/pools/nonsense');
  const refused = await offrampCommand('requests', 'api', 'refused=true', 'limit=1');
  expect(JSON.parse(refused.out)).toMatchObject({ status: 404, method: 'GET' });
});

test.each([
  [['reset', 'yesterday'], 'reset takes nothing, or seed'],
  [['clock', 'advance', 'soon'], '"soon" is no duration, such as 250ms'],
  [['clock', 'back'], 'clock takes nothing, or stop'],
  [['faults', 'remove'], 'faults takes nothing, or add JSON'],
  [['faults', 'add', '{'], 'the body is not valid JSON'],
  [['requests', 'example.com'], '"example.com" is no filter, such as host=app.example.com'],
  [['requests', 'hosts=a'], 'hosts'],
])('%j is refused with what would be right', async (words, message) => {
  const { code, err } = await offrampCommand(...words);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});
