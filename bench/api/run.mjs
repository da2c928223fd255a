// The API next to a bare Fastify that answers the same bodies from memory, and next to Prism, which makes up answers from
// Cloudflare's OpenAPI description. On the embedded database, and on PostgreSQL too when TEST_DATABASE_URL names one
// (scripts/with-postgres.sh).
//
//   npm run bench:api -- [--rounds 3] [--pools 10000]
//
// Prism takes part when PRISM_BIN names it (or `prism` is on the PATH) and OFFRAMP_ORACLE names the description.
import { parseArgs } from 'node:util';
import pg from 'pg';
import { cpuMs } from '../support/cpu.mjs';
import { runLoad } from '../support/load.mjs';
import { median, percentile, spread, table } from '../support/numbers.mjs';
import { createPools, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { startBare, startPrism } from './peers.mjs';
import { measureScale } from './scale.mjs';
import { answerOf, CONNECTIONS, POOLS, workloads } from './workloads.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, pools: { type: 'string', default: '10000' } },
});
const rounds = Number(values.rounds);
const server = process.env.TEST_DATABASE_URL;
const prism = await startPrism();
if (!prism) console.log('Prism is not installed, or has no description to serve: left out.\n');

const columns = ['/s', 'p50 ms', 'p99 ms', 'CPU ms'];
const header = ['request', 'database', ...columns, 'bare /s', 'p99 ms', '/s offramp : bare'];
const rows = [[...header, ...(prism ? ['Prism /s', 'p99 ms', '/s offramp : Prism'] : [])]];
await measureOn('embedded', null);
if (server) await measureOn('PostgreSQL', await scratchDatabase('bench_api'));
prism?.stop();
console.log(
  `${CONNECTIONS} connections, ${POOLS} pools of 3 origins, medians of ${rounds} alternating rounds; CPU is the program's, for each request\n`,
);
console.log(`${table(rows)}\n`);

console.log(await measureScale('embedded', null, Number(values.pools)));
if (server)
  console.log(await measureScale('PostgreSQL', () => scratchDatabase('bench_scale'), Number(values.pools)));
process.exit(0);

async function measureOn(database, databaseUrl) {
  const offramp = await startOfframp({ dataDir: temporaryDirectory(), databaseUrl });
  const ids = await createPools(offramp, POOLS);
  for (const work of workloads(offramp.pools, ids)) {
    const bare = await startBare(await answerOf(offramp.port, work));
    await compare(database, work, { offramp, bare, ...(prism ? { prism } : {}) });
    bare.stop();
  }
  await offramp.stop();
}

/** Every contender in turn, round after round, in changing order. */
async function compare(database, work, contenders) {
  const measured = Object.fromEntries(Object.keys(contenders).map((who) => [who, []]));
  for (const [who, one] of Object.entries(contenders)) await measure(who, one, work, 0);
  console.error(`${database}: ${work.name}`);
  for (let round = 1; round <= rounds; round++) {
    const order = Object.entries(contenders);
    for (const [who, one] of round % 2 === 0 ? order : order.reverse())
      measured[who].push(await measure(who, one, work, round));
  }
  rows.push([
    work.name,
    database,
    ...['perSecond', 'p50', 'p99', 'cpu'].map((key, i) => middle(measured.offramp, key, i === 0 ? 0 : 2)),
    ...against(measured, 'bare'),
    ...(prism ? against(measured, 'prism') : []),
  ]);
}

function against({ offramp, ...others }, who) {
  const ratios = offramp.map((round, i) => round.perSecond / others[who][i].perSecond);
  return [
    middle(others[who], 'perSecond', 0),
    middle(others[who], 'p99', 2),
    spread(ratios, ratios[0] < 0.1 ? 4 : 2),
  ];
}

function middle(measured, key, digits) {
  return median(measured.map((round) => round[key])).toFixed(digits);
}

async function measure(who, { port, pid }, { requests, connections }, round) {
  const count = requests[who] ?? requests.offramp;
  const before = cpuMs(pid);
  const { latenciesMs, seconds } = await runLoad({
    port,
    requests: count,
    connections: connections(who, round),
  });
  return {
    perSecond: count / seconds,
    p50: percentile(latenciesMs, 0.5),
    p99: percentile(latenciesMs, 0.99),
    cpu: (cpuMs(pid) - before) / count,
  };
}

/** A new, empty database on the server. */
async function scratchDatabase(prefix) {
  const name = `${prefix}_${process.pid}_${Date.now()}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}
