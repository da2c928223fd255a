// What a request costs the program as users start it, beside other proxies: CPU time of their processes with all threads and children, in
// one run on one machine, so that the ratios mean something even where the figures do not. Throughput and latency also depend on who shares the machine.
//
//   npm run build && node bench/proxy/run.mjs [--rounds 3] [--seconds 2] [--only http-1k,http-100k] [--contenders offramp,nginx]
//                                             [--against REF|none] [--pin] [--strict]
import { availableParallelism } from 'node:os';
import { LOAD_NAME, whyNoLoad } from '../support/http-load.mjs';
import { buildOf } from '../support/old-build.mjs';
import { ORIGIN_NAME, startOrigin } from '../support/origin.mjs';
import { contenders, HOST } from './contenders.mjs';
import { takeTurns } from './measure.mjs';
import { readOptions } from './options.mjs';
import { goalsOf, tableOf } from './report.mjs';
import { SIZES, WORKLOADS } from './workloads.mjs';

const options = readOptions();
const { rounds, seconds, pin } = options;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const began = performance.now();
const say = (line) =>
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);

const workloads = WORKLOADS.filter(({ name }) => options.workloads.includes(name));
const needed = (name) =>
  options.contenders.includes(name) && workloads.some((one) => one.contenders.includes(name));
const leftOut = [];

const old = needed('old') && options.against ? buildOf(options.against, say) : { missing: '--against none' };
const originPort = await startOrigin(SIZES, { cpu: pin ? 1 : null });
const running = await startAll();
console.log(
  `${availableParallelism()} cores; ${pin ? 'contenders on CPU 0, load and origin on CPU 1' : 'nothing is pinned to a CPU'}; ` +
    `load: ${LOAD_NAME}, origin: ${ORIGIN_NAME}, Node ${process.version}`,
);
if (old.commit) console.log(`old is commit ${old.commit}`);
console.log(
  `${rounds} rounds of ${seconds} s in turns; medians, and of ratios the median of those of each round`,
);

let missed = 0;
for (const workload of workloads) await measure(workload);
for (const line of leftOut) console.log(`\nleft out: ${line}`);
process.exit(options.strict && missed > 0 ? 1 : 0);

async function startAll() {
  const started = [];
  const wanted = contenders({ originPort, cpu: pin ? 0 : null, old }).filter(({ name }) => needed(name));
  for (const { name, missing, start } of wanted) {
    if (missing) leftOut.push(`${name}: ${missing}`);
    else {
      say(`starting ${name}`);
      started.push({ name, ...(await start()) });
    }
  }
  return started;
}

async function measure(workload) {
  const { title, work } = workload;
  const missing = whyNoLoad(work);
  if (missing) return void leftOut.push(`${title}: ${missing}`);
  const results = await takeTurns({
    work,
    running: running.filter(({ name }) => workload.contenders.includes(name)),
    ...{ host: HOST, rounds, seconds, loadCpu: pin ? 1 : null },
    say: (line) => say(`${title}: ${line}`),
  });
  const goals = goalsOf(workload, results);
  missed += goals.missed;
  console.log(
    `\n${title}, ${work.connections} connections\n${[tableOf(results), ...goals.lines].join('\n')}`,
  );
}
