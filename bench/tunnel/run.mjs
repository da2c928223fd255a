// What a tunnel costs: the same requests through the program to the same origin, straight, through our connector and through cloudflared, and through what
// one would build without either (HAProxy and `ssh -L`). Ratios of one run mean something where the figures themselves do not.
//
//   npm run bench:tunnel [-- --rounds 3] [-- --seconds 2]        with CLOUDFLARED_BIN=/path/to/cloudflared
import { availableParallelism } from 'node:os';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { takeTurns } from '../proxy/measure.mjs';
import { programs } from '../proxy/programs.mjs';
import { ratios } from '../proxy/report.mjs';
import { LOAD_NAME } from '../support/http-load.mjs';
import { median, spread, table } from '../support/numbers.mjs';
import { ORIGIN_NAME, startOrigin } from '../support/origin.mjs';
import { startSshTunnel, whyNoSsh } from './ssh-tunnel.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '3', from: 1, tells: 'how often everything is measured' },
    seconds: { type: 'string', default: '2', from: 1, tells: 'how long each way works in a round' },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (!(Number.isInteger(rounds) && Number.isInteger(seconds))) {
  console.error('bench/tunnel/run.mjs takes --rounds and --seconds with whole numbers');
  process.exit(2);
}

const DIRECT = 'offramp';
const SSH = 'haproxy + ssh -L';
/** `atLeast`: requests a second through cloudflared in parts of direct. */
const SIZES = [
  { name: '1 KiB', bodyBytes: 1024, connections: 32, atLeast: 0.9 },
  { name: '100 KiB', bodyBytes: 100 * 1024, connections: 16, atLeast: 0.6 },
  { name: '10 MiB', bodyBytes: 10 * 1024 * 1024, connections: 4, atLeast: 0.6 },
];
const TIME_LIMIT_MS = 60_000 + (rounds + 1) * 90_000 * Math.ceil(seconds / 2);
setTimeout(() => {
  console.error(`bench:tunnel took longer than ${TIME_LIMIT_MS / 1000} s`);
  process.exit(1);
}, TIME_LIMIT_MS).unref();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const originPort = await startOrigin(SIZES.map(({ bodyBytes }) => bodyBytes));
const ways = [
  ...programs({ originPort, cpu: null, certificate: null, old: { missing: 'bench/proxy has it' } }),
  { name: SSH, missing: whyNoSsh(), start: () => startSshTunnel(originPort) },
].filter(({ name }) => !name.startsWith('old'));
const running = [];
for (const { name, missing, start } of ways) if (!missing) running.push({ name, ...(await start()) });

console.log(
  `${availableParallelism()} cores for everything: origin (${ORIGIN_NAME}), load (${LOAD_NAME}) and what is measured share them.`,
);
console.log(
  `${rounds} rounds of ${seconds} s, Node ${process.version}; median [min-max]; ratios are of the same round`,
);
for (const size of SIZES) {
  const { name, bodyBytes, connections } = size;
  const work = { path: `/${bodyBytes}`, bodyBytes, connections };
  const say = (line) => console.error(`${name}: ${line}`);
  report(size, await takeTurns({ load: 'wrk', work, running, rounds, seconds, say }));
}
for (const { name, missing } of ways) if (missing) console.log(`\nleft out: ${name}: ${missing}`);
process.exit(0);

function report({ name, bodyBytes, connections, atLeast }, results) {
  console.log(`\n${name} bodies, ${connections} connections`);
  const rows = [...results].map(([way, all]) => {
    const of = (figure) => all.map((result) => result[figure]);
    return [
      way,
      spread(of('perSecond'), bodyBytes > 1e6 ? 1 : 0),
      spread(ratios(results, way, DIRECT, 'perSecond'), 2),
      spread(of('all'), 0),
      spread(ratios(results, way, DIRECT, 'all'), 2),
      spread(of('cpu'), 0),
      spread(of('p99Ms'), 1),
    ];
  });
  const head = ['way', 'requests/s', 'x direct', 'CPU us/request', 'x direct', 'proxy alone us', 'p99 ms'];
  console.log(table([head, ...rows]));
  const goal = (text, ratio, met) =>
    console.log(`goal ${text}: x ${ratio.toFixed(2)} ${met ? 'met' : 'MISSED'}`);
  if (results.has('offramp+cloudflared')) {
    const ratio = median(ratios(results, 'offramp+cloudflared', DIRECT, 'perSecond'));
    goal(`cloudflared >= ${atLeast} of direct`, ratio, ratio >= atLeast);
  }
  for (const way of ['offramp+connector', 'offramp+cloudflared']) {
    if (!results.has(way) || !results.has(SSH)) continue;
    const ratio = median(ratios(results, way, SSH, 'all'));
    goal(`${way}: not more CPU than ${SSH}`, ratio, ratio <= 1);
  }
}
