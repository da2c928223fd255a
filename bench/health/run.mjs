// What health checks cost, and whom they disturb.
//
//   npm run bench:health [-- --rounds 3] [-- --only probes|traffic|configuration]
//
// probes         2,000 http checks a second (10,000 origins every 5 seconds): CPU time of the data plane, and how evenly the
//                checks begin
// traffic        p99 of requests through the same data plane, with and without these checks
// configuration  the longest turn (CPU time) of the data plane's event loop while 10,000 pools of 10 origins are applied
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { cpuMs } from '../support/cpu.mjs';
import { liveLoadBalancer, liveMonitor, livePool } from '../support/live.mjs';
import { runLoad } from '../support/load.mjs';
import { percentile, spread } from '../support/numbers.mjs';
import { startConfiguration } from './start-configuration.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '1', from: 1, tells: 'how often everything is measured' },
    only: { type: 'string', oneOf: ['probes', 'traffic', 'configuration'], tells: 'one part' },
  },
});
const rounds = Number(values.rounds);
const wanted = (name) => values.only === undefined || values.only === name;

const ADDRESSES = 50;
const ORIGINS = 10_000;
const INTERVAL_S = 5;
const MEASURED_S = 10;
const children = [];
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

async function startOrigins() {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'origins.mjs'), ADDRESSES], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = readline.createInterface({ input: child.stdout });
  const [port] = await once(lines, 'line');
  return {
    port: Number(port),
    count: () => child.stdin.write('count\n'),
    async report() {
      child.stdin.write('report\n');
      const [line] = await once(lines, 'line');
      return JSON.parse(line);
    },
  };
}

async function startDataPlane(upsert) {
  const child = fork(path.join(import.meta.dirname, 'data-plane.mjs'), { serialization: 'advanced' });
  children.push(child);
  child.send(await startConfiguration(upsert));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the data plane did not start')));
  const [{ http }] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  let revision = 1;
  return {
    pid: child.pid,
    http,
    async configure(upsert) {
      revision += 1;
      child.send({ revision, complete: false, upsert, remove: {} });
      const [answer] = await once(child, 'message');
      return answer;
    },
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

const origins = await startOrigins();
const traffic = {
  pool: [livePool('traffic', { origins: [['127.0.0.1', origins.port]] })],
  load_balancer: [liveLoadBalancer('www.example.com', 'traffic')],
};
const probed = {
  monitor: [liveMonitor('monitor', origins.port, INTERVAL_S)],
  pool: Array.from({ length: ORIGINS / 10 }, (_, pool) =>
    livePool(`probed-${pool}`, {
      monitorId: 'monitor',
      origins: Array.from({ length: 10 }, (_, at) => [
        `127.0.0.${1 + ((pool * 10 + at) % ADDRESSES)}`,
        at + 1,
      ]),
    }),
  ),
};

/** Requests on 8 connections, each with one every 8 ms; milliseconds. */
async function p99(port) {
  const request = 'GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n';
  const { latenciesMs } = await runLoad({
    port,
    requests: 8_000,
    connections: Array.from({ length: 8 }, () => [request]),
    everyMs: 8,
  });
  return percentile(latenciesMs, 0.99);
}

function evenness(buckets) {
  const mean = buckets.reduce((sum, count) => sum + count, 0) / buckets.length;
  const chiSquare = buckets.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  return { perSecond: mean * 10, chiSquare, degrees: buckets.length - 1, worst: Math.max(...buckets) / mean };
}

if (wanted('probes') || wanted('traffic')) {
  const shares = [];
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const dataPlane = await startDataPlane(traffic);
    const without = wanted('traffic') ? await p99(dataPlane.http) : 0;
    await dataPlane.configure(probed);
    await delay(2 * INTERVAL_S * 1000);
    const before = cpuMs(dataPlane.pid);
    origins.count();
    await delay(MEASURED_S * 1000);
    const buckets = await origins.report();
    shares.push((cpuMs(dataPlane.pid) - before) / (MEASURED_S * 10));
    const { perSecond, chiSquare, degrees, worst } = evenness(buckets.slice(0, MEASURED_S * 10));
    console.log(
      `checks: ${perSecond.toFixed(0)}/s, ${shares.at(-1).toFixed(1)} % of a core; per 100 ms: most/mean ${worst.toFixed(2)}, chi-square ${chiSquare.toFixed(0)} of ${degrees}`,
    );
    if (wanted('traffic')) {
      const withChecks = await p99(dataPlane.http);
      ratios.push(withChecks / without);
      console.log(
        `traffic: p99 ${without.toFixed(2)} ms without checks, ${withChecks.toFixed(2)} ms with: x${ratios.at(-1).toFixed(2)}`,
      );
    }
    await dataPlane.stop();
  }
  console.log(`CPU of 2,000 checks a second: ${spread(shares, 1)} % of a core (to be below 40)`);
  if (ratios.length > 0)
    console.log(`p99 with and without checks: x${spread(ratios, 2)} (to be at most 1.5)`);
}

if (wanted('configuration')) {
  const many = (monitorId) =>
    Array.from({ length: 10_000 }, (_, pool) =>
      livePool(`many-${pool}`, {
        monitorId,
        origins: Array.from({ length: 10 }, (_, at) => [`127.0.0.${1 + ((pool + at) % ADDRESSES)}`, at + 1]),
      }),
    );
  const cases = [
    ['without a monitor', { pool: many(null) }],
    ['with a monitor', { monitor: [liveMonitor('slow', origins.port, 3_600)], pool: many('slow') }],
  ];
  for (const [name, upsert] of cases) {
    const stalls = [];
    for (let round = 0; round < rounds; round++) {
      const dataPlane = await startDataPlane(traffic);
      const { longestMs, appliedMs } = await dataPlane.configure(upsert);
      stalls.push(longestMs);
      console.log(
        `10,000 pools ${name}: longest stall ${longestMs.toFixed(1)} ms, confirmed after ${appliedMs.toFixed(0)} ms`,
      );
      await dataPlane.stop();
    }
    console.log(
      `longest stall, 10,000 pools of 10 origins ${name}: ${spread(stalls, 1)} ms (to be at most 10)`,
    );
  }
}
process.exit(0);
