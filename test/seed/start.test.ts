import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { FREE_PORTS, runProgram } from '../support/program.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-seed-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function fileWith(name: string, text: string): Promise<string> {
  const file = path.join(directory, name);
  await writeFile(file, text);
  return file;
}

/** The example of docs/seeds.md. */
function documented(): string {
  const document = readFileSync(path.resolve(import.meta.dirname, '../../docs/seeds.md'), 'utf8');
  return /```yaml\n([\s\S]*?)```/.exec(document)![1]!;
}

const own = async ({ apiUrl }: Pick<RunningOfframp, 'apiUrl'>, method: string, target: string) =>
  await fetch(new URL(`/_offramp/${target}`, apiUrl), {
    method,
    headers: { authorization: 'Bearer test-token' },
  });

const poolsOf = async (offramp: RunningOfframp) =>
  (await apiOf(offramp).get('@/load_balancers/pools')).body.result.map(
    ({ id, name }: Record<string, string>) => [id, name],
  );

test('the documented seed begins a database, stays when it is the same, and comes back by a reset', async () => {
  const file = await fileWith('documented.yaml', documented());
  const data = ['--data-dir', path.join(directory, 'data'), '--test-control'];
  const first = await startOfframp([...data, '--seed', file]);
  const pools = await poolsOf(first);
  expect(pools.map(([, name]: string[]) => name)).toEqual(['eu', 'us']);
  await first.stop();

  // The same objects, of which nothing is made once more.
  const again = await startOfframp([...data, '--seed', file]);
  expect(await poolsOf(again)).toEqual(pools);
  const { id } = await apiOf(again).create('@/load_balancers/pools', {
    name: 'more',
    origins: [{ name: 'a', address: '8.8.8.8' }],
  });
  expect((await poolsOf(again)).at(-1)).toEqual([id, 'more']);
  await again.stop();

  const refused = await runProgram(['start', ...FREE_PORTS, ...data, '--seed', file]);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining(
      `the database holds other objects than ${file}: the first difference is at accounts[0].pools`,
    ),
  });

  const reset = await startOfframp([...data]);
  expect((await own(reset, 'POST', 'reset?to=seed')).status).toBe(400);
  expect((await own(reset, 'POST', 'reset')).status).toBe(200);
  await reset.stop();
});

test('a reset goes back to the seed of the start, or to nothing', async () => {
  const file = await fileWith('small.yaml', 'monitors: [{type: tcp, port: 80, description: of the seed}]');
  const offramp = await startOfframp(['--memory', '--seed', file]);
  const api = apiOf(offramp);
  const monitors = async () =>
    (await api.get('@/load_balancers/monitors')).body.result.map(
      (one: { description: string }) => one.description,
    );
  await api.create('@/load_balancers/monitors', { type: 'tcp', port: 81, description: 'of the test' });
  expect(await monitors()).toEqual(['of the seed', 'of the test']);
  expect((await own(offramp, 'POST', 'reset?to=seed')).status).toBe(200);
  expect(await monitors()).toEqual(['of the seed']);
  expect((await own(offramp, 'POST', 'reset')).status).toBe(200);
  expect(await monitors()).toEqual([]);
  await offramp.stop();
});

test('a seed that cannot be used ends the start with its line', async () => {
  for (const [text, complaint] of [
    ['pools: [{name: a}]', ':1: pools[0].origins: is required'],
    ['pools: {', ':1: '],
  ] as const) {
    const file = await fileWith('bad.yaml', text);
    const { code, err } = await runProgram(['start', ...FREE_PORTS, '--memory', '--seed', file]);
    expect([code, err]).toEqual([1, expect.stringContaining(`${file}${complaint}`)]);
  }
  const none = await runProgram(['start', ...FREE_PORTS, '--memory', '--seed', path.join(directory, 'none')]);
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('cannot be read')]);
});

test('with one --random-seed two runs have the same identifiers, and other secrets', async () => {
  const run = async () => {
    const offramp = await startOfframp(['--memory', '--random-seed', 'of the test']);
    const api = apiOf(offramp);
    const { id } = await api.create('@/load_balancers/monitors', { type: 'tcp', port: 80 });
    const tunnel = await api.create('@/cfd_tunnel', { name: 'one' });
    const exit = once(offramp.process, 'exit');
    await offramp.stop();
    await exit.catch(() => undefined);
    return {
      ids: [offramp.accountId, offramp.zoneId, id, tunnel.id],
      secret: tunnel.credentials_file.TunnelSecret,
    };
  };
  const [one, other] = [await run(), await run()];
  expect(one.ids).toEqual(other.ids);
  expect(one.secret).not.toBe(other.secret);
});
