// One workload: all contenders in turns, round after round, and what a request has cost each of them.
import { cpuOfTree } from '../support/cpu.mjs';
import { openLoad } from '../support/http-load.mjs';

const WARM_UP_SECONDS = 1;

/**
 * Resolves with the results of each contender by its name, one a round: `{ user, kernel, cpu, perSecond, p50Ms, p99Ms }`, microseconds of CPU time of a
 * request.
 */
export async function takeTurns({ work, running, host, rounds, seconds, loadCpu, say }) {
  const loads = new Map();
  for (const { name, http, https } of running) {
    const load = await openLoad({ port: work.tls ? https : http, host, work, cpu: loadCpu });
    // Compilers, and connections to the origin.
    await load(WARM_UP_SECONDS);
    loads.set(name, load);
  }
  const results = new Map(running.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Alternating, and each round begins with another one: what disturbs the machine disturbs all of them.
    for (let i = 0; i < running.length; i++) {
      const { name, pid } = running[(i + round) % running.length];
      const before = cpuOfTree(pid);
      const { done, seconds: took, p50Ms, p99Ms } = await loads.get(name)(seconds);
      const after = cpuOfTree(pid);
      const [user, kernel] = ['user', 'kernel'].map((kind) => ((after[kind] - before[kind]) * 1000) / done);
      results.get(name).push({ user, kernel, cpu: user + kernel, perSecond: done / took, p50Ms, p99Ms });
    }
    say(`round ${round + 1} of ${rounds}`);
  }
  return results;
}
