// CPU per request and latency of our proxy next to others, in one run and on the same machine, so that the ratios mean
// something even where the absolute numbers do not. CPU time is the figure to trust: it is what a request costs, while
// throughput also depends on who shares the machine.
//
//   npm run build && node bench/proxy/run.mjs [--rounds 5] [--requests 20000] [--connections 64] [--bytes 1024]
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { cpuMsOfTree } from '../support/cpu.mjs';
import { freePort, startListening } from '../support/processes.mjs';
import { contenders } from './contenders.mjs';

const here = import.meta.dirname;
const { values } = readArguments(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '5', from: 1, tells: 'how often everything is measured' },
    requests: { type: 'string', default: '20000', from: 1, tells: 'of each contender in a round' },
    connections: { type: 'string', default: '64', from: 1, tells: 'how many at once' },
    bytes: { type: 'string', default: '1024', from: 0, tells: 'of the body of each answer' },
  },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);

const originPort = await freePort();
await startListening({
  command: process.execPath,
  args: [path.join(here, 'origin.mjs'), String(originPort)],
  port: originPort,
});
const running = [];
for (const contender of contenders()) {
  const port = await freePort();
  const { pid } = await startListening({ ...contender.start(port, originPort), port });
  running.push({ name: contender.name, port, pid, rounds: [] });
}

// The first run of each only warms up: the compilers of Node, the connections to the origin.
for (const contender of running) await load(contender.port, Math.ceil(requests / 2));
for (let round = 0; round < rounds; round++) {
  // Alternating, and each round begins with another one: what disturbs the machine disturbs all of them.
  const order = running.map((_, index) => running[(index + round) % running.length]);
  for (const contender of order) contender.rounds.push(await measure(contender));
}
report();
process.exit(0);

async function measure({ port, pid }) {
  const before = cpuMsOfTree(pid);
  const result = await load(port, requests);
  const cpuMicroseconds = ((cpuMsOfTree(pid) - before) * 1000) / result.done;
  return {
    cpuMicroseconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    perSecond: result.done / result.seconds,
  };
}

async function load(port, count) {
  const args = [port, count, values.connections, values.bytes].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(here, 'load.mjs'), ...args]);
  return JSON.parse(stdout);
}

function report() {
  const [ours] = running;
  console.log(
    `${values.bytes} byte bodies, ${values.connections} connections, ${rounds} rounds of ${requests} requests, ` +
      `Node ${process.version}; medians, ratios are medians of per-round ratios\n`,
  );
  console.log('proxy          CPU us/request   offramp/it [min-max]   p50 ms   p99 ms   requests/s');
  for (const contender of running) {
    const ratios = contender.rounds.map((round, i) => ours.rounds[i].cpuMicroseconds / round.cpuMicroseconds);
    const ratio = `${median(ratios).toFixed(2)} [${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}]`;
    const of = (key, digits) => median(contender.rounds.map((round) => round[key])).toFixed(digits);
    console.log(
      contender.name.padEnd(14),
      of('cpuMicroseconds', 1).padStart(14),
      ratio.padStart(22),
      of('p50Ms', 2).padStart(8),
      of('p99Ms', 2).padStart(8),
      of('perSecond', 0).padStart(12),
    );
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
