// What a decision costs: each policy with 10, 1,000 and 10,000 origins or pools, next to a plain scan in the same run, and what a
// change costs the decisions after it. Ratios are the figures to trust: a shared machine makes all numbers larger alike.
//
//   npm run bench:steering     or     npm run build && node bench/steering/run.mjs [--rounds 5] [--ms 30]
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { UNKNOWN_HEALTH } from '../../dist/state/health-board.js';
import { ORIGIN_POLICIES } from '../../dist/steering/policies/origin-policies.js';
import { POOL_POLICIES } from '../../dist/steering/policies/pool-policies.js';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { median, percentile, spread, table } from '../support/numbers.mjs';
import { balancerOf, poolOf, requests, steeringOf } from './fixtures.mjs';
import { LINEAR } from './linear.mjs';
import { nsPerCall, rounds } from './timing.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '5', from: 1, tells: 'how often everything is measured' },
    ms: { type: 'string', default: '30', from: 1, tells: 'how long each contender works in a round' },
  },
});
const ROUNDS = Number(values.rounds);
const MS = Number(values.ms);
const SIZES = [10, 1_000, 10_000];
/** What a policy that compares all pools may cost, in parts of one that draws. */
const MOST_OF_RANDOM = 4;
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

originPolicies();
poolPolicies();
completeChange();
oneChange();

/** A whole decision with what it counts: a request begins and the oldest of 64 ends. */
function originPolicies() {
  const contenders = Object.keys(ORIGIN_POLICIES).flatMap((policy) =>
    SIZES.flatMap((size) => {
      const { steering, balancer, load, pools } = steeringOf([
        poolOf('p0', size, { originSteering: policy }),
      ]);
      const scan = LINEAR[policy](pools.get('p0').origins, load, 'p0');
      const ours = (context) => steering.decide(balancer, context).origin;
      return [ours, scan].map((pick, i) => ({
        policy,
        size,
        name: i === 0 ? 'ours' : 'scan',
        call: counted(pick, load),
      }));
    }),
  );
  const results = rounds(contenders, ROUNDS, ({ call }) => nsPerCall(call, MS));
  const of = (policy, size, name) =>
    results[contenders.findIndex((one) => one.policy === policy && one.size === size && one.name === name)];
  report('Origin policies, ns per decision: one pool, its origins', [
    ['policy', 'origins', 'ours', 'of n=10', 'plain scan', 'ours / scan'],
    ...Object.keys(ORIGIN_POLICIES).flatMap((policy) =>
      SIZES.map((size) => {
        const [ours, scan] = [of(policy, size, 'ours'), of(policy, size, 'scan')];
        const first = of(policy, SIZES[0], 'ours');
        return [
          policy,
          String(size),
          spread(ours, 0),
          ratios(ours, first),
          spread(scan, 0),
          ratios(ours, scan),
        ];
      }),
    ),
  ]);
}

function counted(pick, load) {
  const nextRequest = requests();
  const underWay = [];
  return () => {
    const { key } = pick(nextRequest());
    load.requestStarted('p0', key);
    load.connectionOpened('p0', key);
    underWay.push(key);
    if (underWay.length < 64) return;
    const ended = underWay.shift();
    load.requestEnded('p0', ended);
    load.connectionClosed('p0', ended);
  };
}

function poolPolicies() {
  const contenders = Object.keys(POOL_POLICIES).flatMap((policy) =>
    SIZES.map((size) => {
      const list = Array.from({ length: size }, (_, i) => poolOf(`p${i}`, 1));
      const { steering, balancer } = steeringOf(list, policy);
      const nextRequest = requests();
      return { policy, size, call: () => steering.decide(balancer, nextRequest()) };
    }),
  );
  const results = rounds(contenders, ROUNDS, ({ call }) => nsPerCall(call, MS));
  report('Pool policies, ns per decision: one load balancer, its pools', [
    ['policy', 'pools', 'ours', 'of n=10', 'per pool'],
    ...contenders.map(({ policy, size }, i) => {
      const first = results[contenders.findIndex((one) => one.policy === policy)];
      const perPool = (median(results[i]) / size).toFixed(2);
      return [policy, String(size), spread(results[i], 0), ratios(results[i], first), perPool];
    }),
  ]);
  const of = (policy) => results[contenders.findIndex((one) => one.policy === policy && one.size === 1_000)];
  for (const policy of ['dynamic_latency', 'proximity']) {
    const ratio = median(of(policy).map((ns, i) => ns / of('random')[i]));
    const met = ratio <= MOST_OF_RANDOM ? 'met' : 'MISSED';
    console.log(
      `goal: ${policy} / random with 1,000 pools at most ${MOST_OF_RANDOM}: ${ratio.toFixed(2)} ${met}`,
    );
  }
}

/** 10,000 pools that are all new: what the first decision on each costs. Nothing is computed before. */
function completeChange() {
  const rows = Object.keys(ORIGIN_POLICIES).map((originSteering) => {
    const totals = [];
    const times = [];
    for (let round = 0; round < ROUNDS; round++) {
      const list = Array.from({ length: 10_000 }, (_, i) => poolOf(`p${i}`, 10, { originSteering }));
      const { steering } = steeringOf(list);
      const balancers = list.map(({ id }) => balancerOf([id]));
      const nextRequest = requests();
      // What earlier rounds left behind is not what this one costs.
      collectGarbage();
      const { user, system } = process.cpuUsage();
      for (const balancer of balancers) {
        const start = performance.now();
        steering.decide(balancer, nextRequest());
        times.push((performance.now() - start) * 1_000);
      }
      const after = process.cpuUsage();
      totals.push((after.user - user + after.system - system) / 1_000);
    }
    const [half, most] = [median(times), percentile(times, 0.99)];
    return [originSteering, half.toFixed(1), most.toFixed(1), spread(totals, 0)];
  });
  report('First decisions after a complete change: 10,000 pools of 10 origins, each when it is asked for', [
    ['policy', 'one pool, us', 'p99', 'all 10,000, CPU ms'],
    ...rows,
  ]);
}

/** One origin of one pool changes its health: what the next decision costs. */
function oneChange() {
  const rows = Object.keys(ORIGIN_POLICIES).flatMap((originSteering) =>
    [10, 100, 1_000].map((size) => {
      const { steering, balancer, health, pools } = steeringOf([poolOf('p0', size, { originSteering })]);
      const { key } = pools.get('p0').origins[1];
      const nextRequest = requests();
      const times = [];
      for (let i = 0; i < 2_000; i++) {
        health.set('p0', key, { ...UNKNOWN_HEALTH, state: i % 2 === 0 ? 'unhealthy' : 'healthy' });
        const start = performance.now();
        steering.decide(balancer, nextRequest());
        if (i >= 200) times.push((performance.now() - start) * 1_000);
      }
      const [half, most] = [median(times), percentile(times, 0.99)];
      return [originSteering, String(size), half.toFixed(1), most.toFixed(1)];
    }),
  );
  report('The first decision after one origin of a pool has changed, us', [
    ['policy', 'origins', 'median', 'p99'],
    ...rows,
  ]);
}

/** Median of the ratios of the rounds, which met the machine in the same state. */
function ratios(numbers, base) {
  const ratio = median(numbers.map((number, i) => number / base[i]));
  return `${ratio.toFixed(ratio < 0.1 ? 3 : 1)}x`;
}

function report(title, rows) {
  console.log(`\n${title}\n\n${table(rows)}`);
}
