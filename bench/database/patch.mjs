// How long a PATCH takes that the data plane has confirmed, one after the other, with many pools stored.
import { cpuMs } from '../support/cpu.mjs';
import { runLoad } from '../support/load.mjs';
import { percentile } from '../support/numbers.mjs';
import { origins, requestText } from '../support/offramp.mjs';

const PATCHES = 500;

/** Each PATCH gives the origins of one of these pools another weight. Answers what it found, in words. */
export async function measurePatches(offramp, ids) {
  const text = (i, weight) =>
    requestText('PATCH', `${offramp.pools}/${ids[i]}`, { origins: origins(i, weight) });
  const requests = [0.5, 1].flatMap((weight) => ids.slice(0, 100).map((_, i) => text(i, weight)));
  const load = (count) => runLoad({ port: offramp.port, requests: count, connections: [requests] });
  await load(100);
  const before = cpuMs(offramp.pid);
  const { latenciesMs } = await load(PATCHES);
  const cpu = (cpuMs(offramp.pid) - before) / PATCHES;
  const at = (share) => percentile(latenciesMs, share).toFixed(1);
  return `PATCH confirmed, ${ids.length} pools stored, ${PATCHES} in a row: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms, CPU ${cpu.toFixed(1)} ms (goal: p99 <= 20 ms)`;
}
