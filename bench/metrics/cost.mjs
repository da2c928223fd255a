// What counting costs: the proxy of this build beside that of another one, with an access log, and under scrapes, in turns.
//
//   node bench/metrics/cost.mjs [--against /path/to/other/dist/main.js] [--rounds 5] [--requests 40000]
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { cpuMs } from '../support/cpu.mjs';
import { median } from '../support/numbers.mjs';
import { callApi, MAIN, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { freePort, startListening } from '../support/processes.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    against: { type: 'string', tells: 'dist/main.js of another build' },
    rounds: { type: 'string', default: '5', from: 1, tells: 'how often everything is measured' },
    requests: { type: 'string', default: '40000', from: 1, tells: 'of each round' },
  },
});
const PROXY = path.resolve(import.meta.dirname, '../proxy');
const CONNECTIONS = 32;
const BODY_BYTES = 1_024;
const SCRAPE_EVERY_MS = 1_000;

const originPort = await freePort();
const script = path.join(PROXY, 'origin.mjs');
await startListening({ port: originPort, command: process.execPath, args: [script, `${originPort}`] });
const log = path.join(temporaryDirectory(), 'access.log');
const contenders = [
  ...(values.against ? [await start('the other build', { main: values.against })] : []),
  await start('this build'),
  await start('with an access log', { flags: ['--access-log', log] }),
  await start('under a scrape each second', { scraped: true }),
];
// The first round does not count: V8 has to see code run before it compiles it.
for (let round = 0; round <= Number(values.rounds); round += 1)
  for (const contender of contenders) {
    const figures = await measure(contender);
    if (round > 0) contender.rounds.push(figures);
  }
for (const { name, rounds } of contenders) {
  const of = (figure) => median(rounds.map((one) => one[figure]));
  console.log(
    `${name.padEnd(28)} ${of('perSecond').toFixed(0).padStart(6)} requests/s  ${of('cpuUs').toFixed(1).padStart(6)} µs of CPU each  p99 ${of('p99Ms').toFixed(2)} ms`,
  );
}
process.exit(0);

async function start(name, { main = MAIN, flags = [], scraped = false } = {}) {
  const offramp = await startOfframp({ dataDir: temporaryDirectory(), main, flags });
  const { account_id, zone_id } = offramp.ready;
  const pool = await callApi(offramp, 'POST', `/accounts/${account_id}/load_balancers/pools`, {
    name: 'bench',
    origins: [{ name: 'origin', address: '127.0.0.1', port: originPort }],
  });
  await callApi(offramp, 'POST', `/zones/${zone_id}/load_balancers`, {
    name: 'bench.example.com',
    default_pools: [pool.id],
    fallback_pool: pool.id,
    proxied: true,
  });
  return { name, offramp, scraped, rounds: [] };
}

async function measure({ offramp, scraped }) {
  const port = offramp.ready.http.split(':')[1];
  const before = cpuMs(offramp.pid);
  const timer = scraped ? setInterval(() => scrape(offramp), SCRAPE_EVERY_MS) : undefined;
  const args = [path.join(PROXY, 'load.mjs'), port, values.requests, `${CONNECTIONS}`, `${BODY_BYTES}`];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  clearInterval(timer);
  const { done, seconds, p99Ms } = JSON.parse(stdout);
  return { perSecond: done / seconds, cpuUs: ((cpuMs(offramp.pid) - before) * 1_000) / done, p99Ms };
}

async function scrape({ port }) {
  await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}
