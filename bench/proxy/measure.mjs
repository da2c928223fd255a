// One workload: all contenders in turns, round after round, and what a request has cost each of them.
import { cpuOfTree } from '../support/cpu.mjs';
import { openH2load } from '../support/h2load.mjs';
import { openLoad } from '../support/http-load.mjs';

/** For compilers and for connections to the origin; the first work of a program takes longer to become as fast as it gets. */
const WARM_UP_SECONDS = 1;
const FIRST_WARM_UP_SECONDS = 3;
const HOST = 'bench.example.com';

/**
 * @typedef {object} Result of a contender in a round; CPU time is in microseconds of a request
 * @property {number} user
 * @property {number} kernel
 * @property {number} cpu the sum of both
 * @property {number} behind CPU time of the further processes on the way
 * @property {number} all CPU time of all of them
 * @property {number} perSecond requests a second
 * @property {number} p50Ms
 * @property {number} p99Ms
 */

const warm = new Set();

/** Resolves with the results of each contender, by its name. */
export async function takeTurns({ load, work, running, rounds, seconds, loadCpu = null, say }) {
  const open = load === 'h2load' ? openH2load : openLoad;
  const loads = new Map();
  for (const { name, pid, http, https, host = HOST } of running) {
    const run = await open({ port: work.tls ? https : http, host, work, cpu: loadCpu });
    await run(warm.has(pid) ? WARM_UP_SECONDS : FIRST_WARM_UP_SECONDS);
    warm.add(pid);
    loads.set(name, run);
  }
  const results = new Map(running.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another one: what disturbs the machine disturbs all of them.
    for (let i = 0; i < running.length; i++) {
      const contender = running[(i + round) % running.length];
      results.get(contender.name).push(await measure(contender, () => loads.get(contender.name)(seconds)));
    }
    say(`round ${round + 1} of ${rounds}`);
  }
  return results;
}

/** @returns {Promise<Result>} */
async function measure({ pid, behind = [] }, run) {
  const look = () => [cpuOfTree(pid), ...behind.map(cpuOfTree)];
  const before = look();
  const { done, seconds, p50Ms, p99Ms } = await run();
  const [own, ...others] = look().map((after, i) => ({
    user: ((after.user - before[i].user) * 1000) / done,
    kernel: ((after.kernel - before[i].kernel) * 1000) / done,
  }));
  const cpu = own.user + own.kernel;
  const behindUs = others.reduce((sum, { user, kernel }) => sum + user + kernel, 0);
  return { ...own, cpu, behind: behindUs, all: cpu + behindUs, perSecond: done / seconds, p50Ms, p99Ms };
}
