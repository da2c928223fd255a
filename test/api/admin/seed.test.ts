import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { type Api, apiOf } from '../../support/api.js';
import { httpOrigin } from '../../support/fake-origins.js';
import { runProgram } from '../../support/program.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';
import { trafficClient } from '../../support/traffic.js';

let offramp: SharedOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await sharedOfframp(['--direct-network=127.0.0.0/8']);
  api = apiOf(offramp);
});

async function seed(text: string, { type = 'application/yaml', name = 'seed.yaml' } = {}) {
  const response = await fetch(new URL(`/_offramp/seed?name=${name}`, offramp.apiUrl), {
    method: 'POST',
    headers: { authorization: 'Bearer test-token', 'content-type': type },
    body: text,
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const body: any = await response.json();
  return { status: response.status, body };
}

const exported = async () => {
  const url = new URL('/_offramp/seed', offramp.apiUrl);
  return await (await fetch(url, { headers: { authorization: 'Bearer test-token' } })).text();
};

const names = async (target: string) =>
  (await api.get(target)).body.result.map(({ name }: { name: string }) => name);

test('objects name each other by name, lists have the order of the file, and traffic follows', async () => {
  const origin = await httpOrigin((_request, response) => response.end('seeded'));
  const text = `
zones:
  - name: example.com
    load_balancers:
      - {name: www.example.com, default_pools: [zz, aa], fallback_pool: zz}
monitors:
  - {key: up, type: tcp, port: ${origin.port}}
pools:
  - name: zz
    monitor: up
    origins: [{name: one, address: 127.0.0.1, port: ${origin.port}}]
  - name: aa
    origins: [{name: one, address: 127.0.0.1, port: ${origin.port}}]
`;
  const { status, body } = await seed(text);
  expect(status).toBe(200);
  const [made] = body.result.made;
  expect(Object.keys(made)).toEqual(['id', 'monitors', 'pools', 'load_balancers', 'zones']);
  expect(made).toMatchObject({ id: offramp.accountId, zones: { 'example.com': offramp.zoneId } });
  expect(await names('@/load_balancers/pools')).toEqual(['zz', 'aa']);
  const pool = (await api.get(`@/load_balancers/pools/${made.pools.zz}`)).body.result;
  expect(pool).toMatchObject({ name: 'zz', monitor: made.monitors.up });
  const client = trafficClient(offramp.http);
  onTestFinished(() => client.close());
  expect((await client.get('www.example.com')).body).toBe('seeded');
});

test('what is wrong is told with its line, in the words of the API, and nothing is made', async () => {
  const before = await exported();
  const pool = (more: string) =>
    `pools:\n  - name: good\n    origins: [{name: a, address: 8.8.8.8}]\n${more}`;
  for (const [text, complaint] of [
    ['pools: [', 'seed.yaml:1: '],
    ['- a\n- b', 'seed.yaml:1: a seed is an object with members such as "pools"'],
    ['pools: 7', 'seed.yaml:1: pools: '],
    ['pool: []', 'seed.yaml:1: there is no member "pool"'],
    [pool('  - name: bad\n    orgins: []'), 'seed.yaml:4: pools[1]: there is no member "orgins"'],
    [
      pool('  - name: bad\n    origins:\n      - {name: a, address: 8.8.8.8, weight: 7}'),
      'seed.yaml:6: pools[1].origins[0].weight: is not in range [0, 1]',
    ],
    [
      pool(
        '  - name: bad\n    monitor: wbe\n    origins: [{name: a, address: 8.8.8.8}]\nmonitors: [{key: web, type: tcp, port: 1}]',
      ),
      'seed.yaml:5: pools[1].monitor: "wbe" is no monitor of the account, which has "web"',
    ],
    [pool('  - name: good\n    origins: []'), 'seed.yaml:4: pools[1]: '],
    [pool('  - {id: 0123, name: bad, origins: []}'), 'seed.yaml:4: pools[1].id: '],
    [
      `{"monitors": [{"key": "a", "type": "tcp", "port": 1}, {"key": "a", "type": "tcp", "port": 1}]}`,
      'seed.yaml:1: monitors[1].key: "a" is the key of another entry',
    ],
    [
      'monitors:\n  - {type: tcp, port: 1, description: same}\n  - {type: tcp, port: 2, description: same}\npools:\n  - {name: bad, monitor: same, origins: []}',
      'seed.yaml:5: pools[0].monitor: "same" is the name of 2: give the monitor a "key"',
    ],
    [
      'accounts:\n  - name: Offramp\n    zones:\n      - name: no domain',
      'seed.yaml:4: accounts[0].zones[0].name: ',
    ],
    ['a: &a [x, x]\nb: &b [*a, *a]', 'seed.yaml:1: there is no member "a"'],
    ['accounts: [~]', 'seed.yaml:1: accounts[0]: '],
    ['accounts: [&p {name: a, accounts: [*p]}]', 'seed.yaml:1: '],
    ['pools: []\n---\npools: []', 'seed.yaml:2: '],
    ['pools: !!js/function "x"', 'seed.yaml:1: '],
  ] as const) {
    const { status, body } = await seed(text);
    expect([status, body.errors[0].code], text).toEqual([400, 10407]);
    expect(body.errors[0].message, text).toContain(complaint);
    expect(body.errors[0].message).toMatch(/; nothing was made$/);
  }
  expect(await exported()).toBe(before);
});

test('an entry has the id that it gives, unless another object has it', async () => {
  const id = 'ab'.repeat(16);
  const text = `pools: [{id: ${id}, name: with-an-id, origins: [{name: a, address: 8.8.4.4}]}]`;
  expect((await seed(text)).body.result.made).toEqual([
    { id: offramp.accountId, pools: { 'with-an-id': id } },
  ]);
  const { body } = await seed(text.replace('with-an-id', 'another'));
  expect(body.errors[0].message).toContain(`"${id}" is that of another object`);
});

test('a secret that is given is that of the tunnel, and is in no export', async () => {
  const secret = Buffer.alloc(32, 7).toString('base64');
  const { body } = await seed(`tunnels: [{name: secretive, tunnel_secret: "${secret}"}]`);
  const token = (await api.get(`@/cfd_tunnel/${body.result.made[0].tunnels.secretive}/token`)).body.result;
  expect(JSON.parse(Buffer.from(token, 'base64').toString())).toMatchObject({ s: secret });
  expect(await exported()).toContain('secretive');
  expect(await exported()).not.toContain(secret);
});

test('what is made is younger than what was there, and the first account stays the first', async () => {
  const before = await api.create('@/load_balancers/pools', {
    ...{ name: 'before', origins: [{ name: 'a', address: '8.8.8.8' }] },
  });
  const pools = Array.from({ length: 300 }, (_, n) => ({
    name: `after-${n}`,
    origins: [{ name: 'a', address: '8.8.8.8' }],
  }));
  const accounts = Array.from({ length: 20 }, (_, n) => ({ name: `account ${n}` }));
  expect((await seed(JSON.stringify({ pools }))).status).toBe(200);
  expect((await seed(JSON.stringify({ accounts }))).status).toBe(200);
  const listed = (await api.get('@/load_balancers/pools')).body.result.map(
    ({ name }: { name: string }) => name,
  );
  expect(listed.slice(listed.indexOf(before.name))).toEqual(['before', ...pools.map(({ name }) => name)]);
  expect((await api.get('/accounts?per_page=50')).body.result[0].id).toBe(offramp.accountId);
});

test('a zone is the one that is there however it is spelt, and any name is a name', async () => {
  for (const name of ['bücher.example', 'BÜCHER.example', 'Example.com'])
    expect((await seed(`zones: [{name: ${name}}]`)).status, name).toBe(200);
  expect((await seed('tunnels: [{name: __proto__}]')).body.result.made[0].tunnels).toHaveProperty([
    '__proto__',
  ]);
});

test('the command prints an export as YAML', async () => {
  const { code, out } = await runProgram(['seed', '--export', '--api-url', offramp.apiUrl]);
  expect([code, parse(out)]).toEqual([0, JSON.parse(await exported())]);
});

test('the command makes what a file has, and tells what is wrong with it', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offramp-seed-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'ours.json');
  const asked = ['--api-url', offramp.apiUrl];
  await writeFile(
    file,
    '{"virtual_networks": [{"name": "ours"}],\n "monitors": [{"type": "tcp", "port": 80}]}',
  );
  expect(await runProgram(['seed', file, ...asked])).toMatchObject({
    code: 0,
    out: 'Made virtual networks ours; monitors monitor 1.\n',
  });
  expect(await names('@/teamnet/virtual_networks')).toContain('ours');
  const again = await runProgram(['seed', file, ...asked]);
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining(`${file}:1: virtual_networks[0]: `) });
  expect(await runProgram(['seed', ...asked])).toMatchObject({ code: 2 });
  expect(await runProgram(['seed', `${file}.not`, ...asked])).toMatchObject({ code: 2 });
});

test('without a seed there is none to go back to', async () => {
  const response = await fetch(new URL('/_offramp/reset?to=seed', offramp.apiUrl), {
    method: 'POST',
    headers: { authorization: 'Bearer test-token' },
  });
  expect(await response.json()).toMatchObject({ errors: [{ code: 10408 }] });
});
