// All who check origins, in turns: one checks, the others rest.
import { setTimeout as delay } from 'node:timers/promises';
import { cpuOfTree } from '../support/cpu.mjs';
import { openH2load } from '../support/h2load.mjs';
import { HOST, INTERVAL_S } from './checkers.mjs';
import { sum } from './counted-origins.mjs';

const IDLE_S = 5;
/** Every origin is checked twice. */
const MEASURED_S = 2 * INTERVAL_S;
const TRAFFIC_S = 5;
const TRAFFIC = { path: '/1024', bodyBytes: 1024, connections: 8, rate: 1_000, plain: true };

/**
 * Resolves with what each has in each round, by its name: `perSecond`, CPU time of a check in microseconds (`user`, `kernel` and `cpu`, their sum), how evenly
 * checks begin, and with `traffic` the p99 of requests without and with checks, `withoutMs` and `withMs`.
 */
export async function takeTurns({ checkers, origins, rounds, traffic, say }) {
  const results = new Map(checkers.map(({ name }) => [name, []]));
  await origins.quiet();
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < checkers.length; i++) {
      const checker = checkers[(i + round) % checkers.length];
      say(`round ${round + 1} of ${rounds}: ${checker.name}`);
      results.get(checker.name).push(await measure(checker, origins, traffic));
    }
  }
  return results;
}

async function measure({ pid, http, check }, origins, traffic) {
  const visit = traffic && http ? openH2load({ port: http, host: HOST, work: TRAFFIC }) : null;
  // The first visitors find code that is not compiled.
  await visit?.(1);
  const without = await visit?.(TRAFFIC_S);
  const idle = await used(pid, () => delay(IDLE_S * 1000));
  await check(true);
  await delay((INTERVAL_S + 1) * 1000);
  let buckets;
  const busy = await used(pid, async () => {
    buckets = await origins.count(MEASURED_S);
  });
  const during = await visit?.(TRAFFIC_S);
  await check(false);
  await origins.quiet();
  const checks = sum(buckets);
  const [user, kernel] = ['user', 'kernel'].map(
    (kind) => ((busy[kind] - (idle[kind] * MEASURED_S) / IDLE_S) * 1000) / checks,
  );
  return {
    ...{ user, kernel, cpu: user + kernel, perSecond: checks / MEASURED_S, ...evenness(buckets) },
    ...{ withoutMs: without?.p99Ms, withMs: during?.p99Ms },
  };
}

/** CPU time that a process takes meanwhile, in milliseconds. */
async function used(pid, meanwhile) {
  const before = cpuOfTree(pid);
  await meanwhile();
  const after = cpuOfTree(pid);
  return { user: after.user - before.user, kernel: after.kernel - before.kernel };
}

function evenness(buckets) {
  const mean = sum(buckets) / buckets.length;
  const chiSquare = sum(buckets.map((count) => (count - mean) ** 2 / mean));
  return { chiSquare, worst: Math.max(...buckets) / mean };
}
