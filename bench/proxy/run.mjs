// What a request costs the program as users start it, beside other proxies: CPU time of their processes with all threads and children, in
// one run on one machine, so that the ratios mean something even where the figures do not. Throughput and latency also depend on who shares the machine.
//
//   npm run build && node bench/proxy/run.mjs [--rounds 3] [--seconds 2] [--only http-1k,http-100k] [--contenders offramp,nginx]
//                                             [--against REF|none] [--pin] [--strict]
//
// With CLOUDFLARED_BIN=/path/to/cloudflared also through tunnels of cloudflared.
import { availableParallelism } from 'node:os';
import { CERTIFICATE_NAME, makeCertificate } from '../support/certificate.mjs';
import { whyNoH2load } from '../support/h2load.mjs';
import { LOAD_NAME, whyNoLoad } from '../support/http-load.mjs';
import { median } from '../support/numbers.mjs';
import { buildOf } from '../support/old-build.mjs';
import { ORIGIN_NAME, startOrigin } from '../support/origin.mjs';
import { contenders } from './contenders.mjs';
import { takeTurns } from './measure.mjs';
import { readOptions } from './options.mjs';
import { goalsOf, tableOf } from './report.mjs';
import { SIZES, WORKLOADS } from './workloads.mjs';

const options = readOptions();
const LIMIT_MINUTES = 5 + options.rounds * options.seconds * 4;
const { seconds } = options;
const [cpu, loadCpu] = options.pin ? [0, 1] : [null, null];
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const began = performance.now();
const say = (line) =>
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);

const workloads = WORKLOADS.filter(({ name }) => options.workloads.includes(name));
const needed = (name) =>
  options.contenders.includes(name) && workloads.some((one) => one.contenders.includes(name));
const leftOut = [];
let missed = 0;
setTimeout(() => {
  console.error(`bench/proxy/run.mjs took longer than ${LIMIT_MINUTES} minutes`);
  process.exit(1);
}, LIMIT_MINUTES * 60_000).unref();

const old = oldBuild();
const certificate = makeCertificate();
const originPort = await startOrigin(SIZES, { cpu: loadCpu });
const running = await startAll();
console.log(facts());
for (const workload of workloads) await measure(workload);
for (const line of leftOut) console.log(`\nleft out: ${line}`);
process.exit(options.strict && missed > 0 ? 1 : 0);

function oldBuild() {
  if (!options.against) return { missing: '--against none' };
  return ['old', 'old+connector', 'old+cloudflared'].some(needed)
    ? buildOf(options.against, say)
    : { missing: 'no workload needs it' };
}

async function startAll() {
  const started = [];
  const surroundings = { originPort, cpu, connectorCpu: loadCpu, certificate, old, say };
  for (const { name, missing, start } of contenders(surroundings).filter((one) => needed(one.name))) {
    if (!missing) say(`starting ${name}`);
    const contender = missing ? { missing } : await start();
    if (contender.missing) leftOut.push(`${name}: ${contender.missing}`);
    else started.push({ name, ...contender });
  }
  return started;
}

function facts() {
  const pinned = options.pin
    ? 'contenders are pinned to CPU 0, load, origin and connectors to CPU 1'
    : 'nothing is pinned to a CPU';
  return [
    `${availableParallelism()} cores for everything, ${pinned}; load ${LOAD_NAME}, origin ${ORIGIN_NAME}, Node ${process.version}`,
    ...(old.commit ? [`old is commit ${old.commit}`] : []),
    `${options.rounds} rounds of ${seconds} s in turns; medians, and of ratios the median of those of each round`,
    'CPU time is that of the process with all threads and children; nginx has one worker process, HAProxy one thread',
    `TLS: one certificate for all (${CERTIFICATE_NAME}), version 1.3. All give tickets, as they do by default; h2load comes without one, so that its ` +
      'handshakes are full ones, wrk with that of the connection before, so that it resumes a session',
  ].join('\n');
}

async function measure(workload) {
  const { title, work, rounds = options.rounds } = workload;
  const missing = whyNot(workload);
  if (missing) return void leftOut.push(`${title}: ${missing}`);
  const chosen = running.filter(({ name }) => workload.contenders.includes(name));
  if (chosen.length === 0) return undefined;
  const turns = { running: chosen, seconds, loadCpu, say: (line) => say(`${title}: ${line}`) };
  const rate = workload.halfRate ? await halfRate(turns) : undefined;
  const results = await takeTurns({ ...turns, load: workload.load, work: { ...work, rate }, rounds });
  const goals = goalsOf(workload, results);
  missed += goals.missed;
  const heading = `${title} (${workload.name}; ${amount({ ...work, rate })}${rounds === options.rounds ? '' : `; ${rounds} rounds`})`;
  console.log(`\n${[heading, tableOf(results), ...goals.lines].join('\n')}`);
}

function whyNot({ load, work }) {
  if (work.tls && !certificate) return 'openssl is not installed';
  return load === 'h2load' ? whyNoH2load() : whyNoLoad(work);
}

async function halfRate(turns) {
  const [{ work, load }] = WORKLOADS;
  const results = await takeTurns({ ...turns, load, work, rounds: 1 });
  const rates = [...results.values()].map((rounds) => median(rounds.map(({ perSecond }) => perSecond)));
  return Math.floor(Math.min(...rates) / 2);
}

function amount({ connections, handshakes, rate }) {
  if (handshakes) return `${handshakes} new connections a second`;
  return rate ? `${rate} requests a second on ${connections} connections` : `${connections} connections`;
}
