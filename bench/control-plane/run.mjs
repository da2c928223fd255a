// The API next to a bare Fastify that answers the same bodies from memory: what the rest of a request costs. On the
// embedded database, and on PostgreSQL too when TEST_DATABASE_URL names one (scripts/with-postgres.sh).
//
//   npm run build && scripts/with-postgres.sh node bench/control-plane/run.mjs [--rounds 3]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { cpuMs } from '../support/cpu.mjs';
import { runLoad } from '../support/load.mjs';
import { median, percentile, spread, table } from '../support/numbers.mjs';
import { createPools, origins, requestText, startOfframp, temporaryDirectory } from '../support/offramp.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const rounds = Number(values.rounds);
const POOLS = 50;
const CONNECTIONS = 8;

const rows = [
  [
    'request',
    'database',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'CPU ms',
    'bare requests/s',
    'p50 ms',
    'p99 ms',
    'CPU ms',
    'requests/s offramp/bare',
  ],
];
await measureOn('embedded', null);
const server = process.env.TEST_DATABASE_URL;
if (server) await measureOn('PostgreSQL', await scratchDatabase(server));
console.log(
  `Control plane, ${POOLS} pools of 3 origins, medians of ${rounds} alternating rounds; CPU is the program's, for each request\n`,
);
console.log(table(rows));
process.exit(0);

async function measureOn(database, databaseUrl) {
  const offramp = await startOfframp({ dataDir: temporaryDirectory(), databaseUrl });
  const ids = await createPools(offramp, POOLS);
  for (const work of workloads(offramp.pools, ids)) {
    const bare = await startBare(await answerOf(offramp.port, work.connections[0][0]));
    await compare(database, work, offramp, bare);
    bare.stop();
  }
  await offramp.stop();
}

function workloads(base, ids) {
  const one = requestText('GET', `${base}/${ids[0]}`);
  const list = requestText('GET', `${base}?per_page=${POOLS}`);
  // Another weight each time: a PATCH that changes nothing writes nothing.
  const patches = (i) =>
    [0.5, 1].map((weight) => requestText('PATCH', `${base}/${ids[i]}`, { origins: origins(i, weight) }));
  const each = (make) => Array.from({ length: CONNECTIONS }, (_, i) => make(i));
  return [
    { name: `GET a pool, ${CONNECTIONS} connections`, requests: 6000, connections: each(() => [one]) },
    {
      name: `GET ${POOLS} pools, ${CONNECTIONS} connections`,
      requests: 300,
      connections: each(() => [list]),
    },
    { name: 'PATCH a pool, 1 connection', requests: 200, connections: [patches(0)] },
    { name: `PATCH pools, ${CONNECTIONS} connections`, requests: 300, connections: each(patches) },
  ];
}

async function compare(database, { name, requests, connections }, offramp, bare) {
  const measured = { offramp: [], bare: [] };
  const contenders = Object.entries({ offramp, bare });
  for (const [, { port }] of contenders) await runLoad({ port, requests, connections });
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    for (const [who, one] of order) {
      const count = who === 'bare' ? requests * 4 : requests;
      measured[who].push(await measure(one, { requests: count, connections }));
    }
  }
  const ratios = measured.offramp.map((round, i) => round.perSecond / measured.bare[i].perSecond);
  rows.push([
    name,
    database,
    ...figures(measured.offramp),
    ...figures(measured.bare),
    spread(ratios, ratios[0] < 0.1 ? 4 : 2),
  ]);
}

async function measure({ port, pid }, load) {
  const before = cpuMs(pid);
  const { latenciesMs, seconds } = await runLoad({ port, ...load });
  return {
    perSecond: load.requests / seconds,
    p50: percentile(latenciesMs, 0.5),
    p99: percentile(latenciesMs, 0.99),
    cpu: (cpuMs(pid) - before) / load.requests,
  };
}

function figures(measured) {
  const of = (key, digits) => median(measured.map((round) => round[key])).toFixed(digits);
  return [of('perSecond', 0), of('p50', 2), of('p99', 2), of('cpu', 2)];
}

/** The body that this request gets, as text. */
async function answerOf(port, text) {
  const [head, body] = text.split('\r\n\r\n');
  const [method, target] = head.split(' ');
  const headers = { authorization: 'Bearer bench-token', 'content-type': 'application/json' };
  const url = `http://127.0.0.1:${port}${target}`;
  const response = await fetch(url, { method, headers, body: method === 'GET' ? undefined : body });
  if (response.status !== 200) throw new Error(`${method} ${target} answered ${response.status}`);
  return await response.text();
}

async function startBare(answer) {
  const file = path.join(temporaryDirectory(), 'answer.json');
  writeFileSync(file, answer);
  const script = path.join(import.meta.dirname, 'bare-fastify.mjs');
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.kill();
  process.once('exit', kill);
  const [line] = await once(child.stdout, 'data');
  const stop = () => process.off('exit', kill) && kill();
  return { pid: child.pid, port: Number(line), stop };
}

/** A new, empty database on this server. */
async function scratchDatabase(url) {
  const name = `offramp_bench_${process.pid}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
