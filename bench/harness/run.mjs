// What a test harness waits for: 200 tests with a reset between them, and with eight workers that have an account each; beside
// Prism, which keeps nothing. A test makes a monitor, a pool and a load balancer, asks through it, reads back, and meets an error.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { startPrism } from '../api/peers.mjs';
import { spawnProgram } from './program.mjs';

readArguments(import.meta.filename);

const TESTS = 200;
const WORKERS = 8;
const HEADERS = { authorization: 'Bearer bench-token', 'content-type': 'application/json' };

const origin = http.createServer((_request, response) => response.end('the origin')).listen(0, '127.0.0.1');
await new Promise((resolve) => origin.once('listening', resolve));
const offramp = await spawnProgram();
const rows = [];
const commands = [];
try {
  rows.push(await timed('one after the other, with a reset', () => serially(offramp)));
  await ask(offramp.api, 'POST', '/_offramp/reset');
  rows.push(await timed(`${WORKERS} workers, an account each`, () => side(offramp)));
  await measureCommands(offramp);
  const prism = await startPrism((text) => console.error(text));
  if (prism.missing) console.log(prism.missing);
  else
    rows.push(
      await timed('Prism, which keeps nothing: no traffic, no reset', () =>
        mocked(`http://127.0.0.1:${prism.port}`),
      ),
    );
} finally {
  offramp.stop();
  origin.close();
}
console.log(`\n${TESTS} tests, Node ${process.version}\n`);
for (const [name, ms] of rows)
  console.log(
    `${name.padEnd(52)} ${(ms / 1000).toFixed(2).padStart(7)} s ${(ms / TESTS).toFixed(1).padStart(7)} ms a test`,
  );
console.log('\nmedians of 50, in ms, with the objects of docs/seeds.md; goal: below 50');
for (const [name, ms] of commands)
  console.log(`${name.padEnd(52)} ${ms.toFixed(1).padStart(7)}${ms < 50 ? '' : '   NOT MET'}`);
const [[, alone], [, beside]] = rows;
console.log(`\ngoal: below 10 s each: ${alone < 10_000 && beside < 10_000 ? 'met' : 'NOT MET'}`);
process.exit();

/** What tests ask of Offramp itself. */
async function measureCommands({ api }) {
  const document = readFileSync(new URL('../../docs/seeds.md', import.meta.url), 'utf8');
  const seed = /```yaml\n([\s\S]*?)```/.exec(document)[1];
  const pool = (_, index) => ({ name: `pool-${index}`, origins: [{ name: 'one', address: '192.0.2.1' }] });
  const many = JSON.stringify({ pools: Array.from({ length: 500 }, pool) });
  const own = async (method, path, body) => {
    const answer = await fetch(`${api}/_offramp/${path}`, {
      method,
      headers: HEADERS,
      ...(body && { body }),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text;
  };
  const reset = () => own('POST', 'reset');
  await reset();
  await own('POST', 'seed', seed);
  const saved = await own('GET', 'snapshot');
  await reset();
  const list = [
    ['reset', () => own('POST', 'seed', seed), reset, reset],
    ['seed', reset, () => own('POST', 'seed', seed)],
    ['reset, with 500 pools', () => own('POST', 'seed', many), reset, reset],
    ['snapshot, GET', null, () => own('GET', 'snapshot')],
    ['snapshot, PUT', null, () => own('PUT', 'snapshot', saved)],
    ['clock, a minute passes', null, () => own('POST', 'clock', '{"advance_ms": 60000}')],
    ['clock, set', null, () => own('POST', 'clock', '{"stop": true, "set": "2030-01-01T00:00:00Z"}')],
  ];
  for (const [name, before, work, after] of list) {
    const times = [];
    for (let round = 0; round < 50; round += 1) {
      await before?.();
      times.push((await timed(name, work))[1]);
    }
    await after?.();
    commands.push([name, times.sort((a, b) => a - b)[25]]);
  }
}

async function timed(name, work) {
  const began = performance.now();
  await work();
  return [name, performance.now() - began];
}

async function serially({ api, http: traffic, account, zone, domain }) {
  for (let test = 0; test < TESTS; test += 1) {
    await ask(api, 'POST', '/_offramp/reset');
    await oneTest({ api, traffic, account, zone, host: `test.${domain}` });
  }
}

async function side({ api, http: traffic }) {
  await Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) => {
      for (let test = 0; test < TESTS / WORKERS; test += 1) {
        const account = (await ask(api, 'POST', '/client/v4/accounts', { name: `worker ${worker}` })).id;
        const domain = `worker${worker}.example`;
        const zone = (await ask(api, 'POST', '/client/v4/zones', { name: domain, account: { id: account } }))
          .id;
        await oneTest({ api, traffic, account, zone, host: `test.${domain}` });
        await ask(api, 'DELETE', `/client/v4/accounts/${account}`);
      }
    }),
  );
}

async function oneTest({ api, traffic, account, zone, host }) {
  const balancing = `/client/v4/accounts/${account}/load_balancers`;
  const { port } = origin.address();
  const monitor = await ask(api, 'POST', `${balancing}/monitors`, { type: 'tcp', port });
  const origins = [{ name: 'one', address: '127.0.0.1', port }];
  const pool = await ask(api, 'POST', `${balancing}/pools`, { name: 'one', origins, monitor: monitor.id });
  const balancer = { name: host, default_pools: [pool.id], fallback_pool: pool.id, proxied: true };
  await ask(api, 'POST', `/client/v4/zones/${zone}/load_balancers`, balancer);
  const body = await through(traffic, host);
  if (body !== 'the origin') throw new Error(`${host} answered ${body}`);
  await ask(api, 'PATCH', `${balancing}/pools/${pool.id}`, { description: 'changed' });
  const read = await ask(api, 'GET', `${balancing}/pools/${pool.id}`);
  if (read.description !== 'changed') throw new Error('what was written was not read');
  await ask(api, 'DELETE', `${balancing}/pools/${pool.id}`, undefined, 412);
}

/** The same calls, as far as a mock can have them. */
async function mocked(base) {
  const id = '0123456789abcdef0123456789abcdef';
  const balancing = `/accounts/${id}/load_balancers`;
  const origins = [{ name: 'one', address: '192.0.2.1' }];
  for (let test = 0; test < TESTS; test += 1) {
    await ask(base, 'POST', `${balancing}/monitors`, { type: 'tcp', port: 80 });
    await ask(base, 'POST', `${balancing}/pools`, { name: 'one', origins });
    const balancer = { name: 'test.example.com', default_pools: [id], fallback_pool: id };
    await ask(base, 'POST', `/zones/${id}/load_balancers`, balancer);
    await ask(base, 'PATCH', `${balancing}/pools/${id}`, { description: 'changed' });
    await ask(base, 'GET', `${balancing}/pools/${id}`);
    await ask(base, 'DELETE', `${balancing}/pools/${id}`);
  }
}

async function ask(base, method, path, body, expected = 200) {
  const answer = await fetch(base + path, {
    method,
    headers: HEADERS,
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.status !== expected) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text).result;
}

/** `fetch` sets Host itself. */
function through(address, host) {
  const [hostname, port] = address.split(':');
  return new Promise((resolve, reject) => {
    http
      .get({ hostname, port, headers: { host } }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve(body));
      })
      .on('error', reject);
  });
}
