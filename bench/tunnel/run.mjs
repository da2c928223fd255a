// What a tunnel costs: the same requests to the same origin straight, through our connector, through cloudflared, and
// through what one would build without either (HAProxy and `ssh -L`). Ratios of one run mean something where the figures
// themselves do not.
//
//   npm run bench:tunnel [-- --rounds 3] [-- --seconds 2]        with CLOUDFLARED_BIN=/path/to/cloudflared
import { availableParallelism } from 'node:os';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { cpuMs, cpuMsOfTree } from '../support/cpu.mjs';
import { median, spread, table } from '../support/numbers.mjs';
import { LOAD_NAME, load, ORIGIN_NAME, startOrigin } from './origin.mjs';
import { HOST, NotThere, ways } from './paths.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '3', from: 1, tells: 'how often everything is measured' },
    seconds: { type: 'string', default: '2', from: 1, tells: 'how long each way works in a round' },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (!(Number.isInteger(rounds) && rounds > 0 && Number.isInteger(seconds) && seconds > 0)) {
  console.error('--rounds and --seconds are whole numbers above 0');
  process.exit(2);
}

const SIZES = [
  { name: '1 KiB', bytes: 1024, connections: 32, goal: { of: 'cloudflared', atLeast: 0.9 } },
  { name: '100 KiB', bytes: 100 * 1024, connections: 16, goal: { of: 'cloudflared', atLeast: 0.6 } },
  { name: '10 MiB', bytes: 10 * 1024 * 1024, connections: 4, goal: { of: 'cloudflared', atLeast: 0.6 } },
];
const TIME_LIMIT_MS = 60_000 + (rounds + 1) * 90_000;
setTimeout(() => {
  console.error(`bench:tunnel took longer than ${TIME_LIMIT_MS / 1000} s`);
  process.exit(1);
}, TIME_LIMIT_MS).unref();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const originPort = await startOrigin(SIZES.map(({ bytes }) => bytes));
const skipped = [];
const running = [];
for (const way of ways()) {
  if (way.missing) {
    skipped.push(`${way.name}: ${way.missing}`);
    continue;
  }
  try {
    running.push({ name: way.name, ...(await way.start(originPort)), results: new Map() });
  } catch (error) {
    if (!(error instanceof NotThere)) throw error;
    skipped.push(`${way.name}: not there in this version (${error.message})`);
  }
}
const [direct] = running;

// The first run of each only warms up: compilers, connections.
for (const way of running)
  for (const size of SIZES) await load({ port: way.port, host: HOST, ...size, seconds: 1 });
for (let round = 0; round < rounds; round++) {
  for (const size of SIZES) {
    // Alternating, and each round begins with another one: what disturbs the machine disturbs all of them.
    for (let i = 0; i < running.length; i++) {
      const way = running[(i + round) % running.length];
      const results = way.results.get(size.name) ?? [];
      way.results.set(size.name, [...results, await measure(way, size)]);
    }
  }
}
report();
process.exit(0);

async function measure({ port, front, others }, { bytes, connections }) {
  const all = () => [front, ...others].reduce((sum, pid) => sum + cpuMsOfTree(pid), 0);
  const before = { all: all(), front: cpuMs(front) };
  const result = await load({ port, host: HOST, bytes, connections, seconds });
  return {
    perSecond: result.done / result.seconds,
    cpuUs: ((all() - before.all) * 1000) / result.done,
    frontUs: ((cpuMs(front) - before.front) * 1000) / result.done,
    p99Ms: result.p99Ms,
  };
}

/** Of each round, this way to the direct one. */
function ratios(way, size, figure) {
  const base = direct.results.get(size.name);
  return way.results.get(size.name).map((result, round) => result[figure] / base[round][figure]);
}

function report() {
  console.log(
    `${availableParallelism()} cores for everything: origin (${ORIGIN_NAME}), load (${LOAD_NAME}) and what is measured share them.`,
  );
  console.log(
    `${rounds} rounds of ${seconds} s, Node ${process.version}; median [min-max]; ratios are of the same round`,
  );
  for (const size of SIZES) {
    console.log(`\n${size.name} bodies, ${size.connections} connections`);
    const rows = running.map((way) => {
      const of = (figure) => way.results.get(size.name).map((result) => result[figure]);
      return [
        way.name,
        spread(of('perSecond'), size.bytes > 1e6 ? 1 : 0),
        spread(ratios(way, size, 'perSecond'), 2),
        spread(of('cpuUs'), 0),
        spread(ratios(way, size, 'cpuUs'), 2),
        spread(of('frontUs'), 0),
        spread(of('p99Ms'), 1),
      ];
    });
    const head = ['way', 'requests/s', 'x direct', 'CPU us/request', 'x direct', 'proxy alone us', 'p99 ms'];
    console.log(table([head, ...rows]));
    goals(size);
  }
  for (const reason of skipped) console.log(`\nleft out: ${reason}`);
}

function goals(size) {
  const find = (name) => running.find((way) => way.name === name);
  const [tunnel, ssh] = [find(size.goal.of), find('haproxy + ssh -L')];
  if (tunnel) {
    const ratio = median(ratios(tunnel, size, 'perSecond'));
    verdict(`${size.goal.of} >= ${size.goal.atLeast} of direct`, ratio, ratio >= size.goal.atLeast);
  }
  for (const way of ['our connector', 'cloudflared'].map(find)) {
    if (!way || !ssh) continue;
    const ofSsh = median(
      way.results.get(size.name).map(({ cpuUs }, round) => cpuUs / ssh.results.get(size.name)[round].cpuUs),
    );
    verdict(`${way.name}: not more CPU than haproxy + ssh -L`, ofSsh, ofSsh <= 1);
  }
}

function verdict(goal, figure, met) {
  console.log(`goal ${goal}: x ${figure.toFixed(2)} ${met ? 'met' : 'MISSED'}`);
}
