// What health checks cost, and whom they disturb, in the program as users start it.
//
//   npm run bench:health [-- --rounds 3] [-- --only probes|traffic|configuration] [-- --against REF|none]
//
// probes         2,000 http checks a second (10,000 origins every 5 seconds): CPU time of a check, without what the program takes when it rests, beside a bare
//                prober at the same rate and an older build, and how evenly the checks begin
// traffic        p99 of requests at a fixed rate through the same program, with and without these checks
// configuration  the longest turn (CPU time) of the data plane's event loop while one change brings 10,000 pools of 10 origins
//
// Probes and traffic are measured in a network namespace of their own where one can be made, since older builds check no loopback address.
import { availableParallelism } from 'node:os';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { whyNoH2load } from '../support/h2load.mjs';
import { median, spread, table } from '../support/numbers.mjs';
import { MAIN } from '../support/offramp.mjs';
import { buildOf } from '../support/old-build.mjs';
import { startOrigin } from '../support/origin.mjs';
import { startBareProber, startProgram } from './checkers.mjs';
import { startCountedOrigins } from './counted-origins.mjs';
import { canHaveOwnNetwork, goInside, leftFromOutside, openOwnNetwork } from './own-network.mjs';
import { takeTurns } from './probes.mjs';
import { longestTurn, snapshotOf } from './stalls.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '1', from: 1, tells: 'how often everything is measured' },
    only: { type: 'string', oneOf: ['probes', 'traffic', 'configuration'], tells: 'one part' },
    against: { type: 'string', default: '6437172', tells: 'commit whose build is measured too, or none' },
    strict: { type: 'boolean', default: false, tells: 'end with code 1 when a goal is missed' },
  },
});
const rounds = Math.ceil(Number(values.rounds));
const wanted = (name) => values.only === undefined || values.only === name;
const began = performance.now();
const say = (line) =>
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);
const GOALS = { bare: 1.3, old: 0.5, p99: 1.3, turnMs: 10 };
let missed = 0;
const LIMIT_MINUTES = 8 + rounds * 8;
setTimeout(() => {
  console.error(`bench/health/run.mjs took longer than ${LIMIT_MINUTES} minutes`);
  process.exit(1);
}, LIMIT_MINUTES * 60_000).unref();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

if (leftFromOutside() === null) {
  const old = wanted('probes') ? oldBuild() : { missing: 'not asked for' };
  if (canHaveOwnNetwork()) await goInside({ old });
  const missing = 'there is no network namespace here, and older builds check no loopback address';
  await measure({ old: { missing } });
} else {
  openOwnNetwork();
  await measure(leftFromOutside());
}
process.exit(values.strict && missed > 0 ? 1 : 0);

function oldBuild() {
  return values.against === 'none' ? { missing: '--against none' } : buildOf(values.against, say);
}

async function measure({ old }) {
  console.log(`${availableParallelism()} cores for everything, ${rounds} rounds, Node ${process.version}`);
  const trafficPort = await startOrigin([1024]);
  const origins = await startCountedOrigins();
  if (wanted('probes') || wanted('traffic')) await measureChecks(old, origins, trafficPort);
  if (wanted('configuration')) await measureConfiguration(origins, trafficPort);
}

async function measureChecks(old, origins, trafficPort) {
  const { port } = origins;
  say('starting offramp');
  const checkers = [await startProgram('offramp', MAIN, { port, trafficPort })];
  if (wanted('probes')) {
    checkers.push(await startBareProber({ port }));
    if (!old.missing) {
      say('starting old');
      checkers.push(await startProgram('old', old.main, { port }));
    }
  }
  const noTraffic = wanted('traffic') ? whyNoH2load() : 'not asked for';
  const results = await takeTurns({ checkers, origins, rounds, traffic: noTraffic === null, say });
  if (wanted('probes')) {
    console.log(`\nchecks${old.commit ? `; old is commit ${old.commit}` : ''}\n${tableOf(results)}`);
    goal('CPU of a check, offramp / bare prober', ratio(results, 'bare prober'), GOALS.bare);
    if (old.missing) console.log(`left out: old: ${old.missing}`);
    else goal('CPU of a check, offramp / old', ratio(results, 'old'), GOALS.old);
  }
  if (!wanted('traffic')) return;
  if (noTraffic) return void console.log(`\nleft out: traffic: ${noTraffic}`);
  const ours = results.get('offramp');
  const of = (figure) =>
    spread(
      ours.map((round) => round[figure]),
      2,
    );
  console.log(
    `\ntraffic, 1,000 requests a second: p99 ${of('withoutMs')} ms without checks, ${of('withMs')} with`,
  );
  goal(
    'p99 with checks / without',
    median(ours.map(({ withMs, withoutMs }) => withMs / withoutMs)),
    GOALS.p99,
  );
}

function tableOf(results) {
  const rows = [...results].map(([name, all]) => {
    const of = (figure, digits) => median(all.map((round) => round[figure])).toFixed(digits);
    return [
      ...[name, of('perSecond', 0), of('cpu', 1), of('user', 1), of('kernel', 1)],
      ...[of('worst', 2), of('chiSquare', 0)],
    ];
  });
  const head = ['', 'checks/s', 'CPU us/check', 'user', 'kernel', 'most/mean of 100 ms', 'chi-square of 99'];
  return table([head, ...rows]);
}

function ratio(results, other) {
  return median(results.get('offramp').map(({ cpu }, round) => cpu / results.get(other)[round].cpu));
}

async function measureConfiguration(origins, originPort) {
  for (const [name, monitored] of [
    ['without a monitor', false],
    ['with a monitor', true],
  ]) {
    say(`a snapshot of 10,000 pools ${name}`);
    const snapshot = await snapshotOf({ monitored, originPort, checkedPort: origins.port });
    const turns = [];
    for (let round = 0; round < rounds; round++) {
      say(`10,000 pools ${name}, round ${round + 1} of ${rounds}`);
      turns.push(await longestTurn(snapshot));
    }
    console.log(
      `\n10,000 pools of 10 origins ${name}: longest turn of the data plane ${spread(turns, 1)} ms`,
    );
    goal('longest turn in ms', median(turns), GOALS.turnMs);
  }
}

function goal(what, figure, most) {
  if (figure > most) missed += 1;
  console.log(`goal: ${what} at most ${most}: ${figure.toFixed(2)} ${figure <= most ? 'met' : 'MISSED'}`);
}
