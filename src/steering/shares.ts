import { realTime } from '../net/clock.js';
import type { Decision, RequestContext } from './contract.js';

/** How requests like this one are spread at this moment, each as a part of all, 0 to 1. */
export interface Shares {
  ofPool(poolId: string): number;
  ofOrigin(poolId: string, originKey: string): number;
}

/** Of a request that no pool gets. */
export const NO_SHARES: Shares = { ofPool: () => 0, ofOrigin: () => 0 };

const SAMPLES = 1_000;
/** Many pools take long to order, and traffic waits meanwhile: after this time a hundred must do. */
const PATIENCE_MS = 25;
const FEWEST_SAMPLES = 100;
/** The fractions of square roots of primes: multiples of each spread evenly, and those of different ones independently. */
const STEPS = [2, 3, 5, 7, 11, 13, 17, 19].map((prime) => Math.sqrt(prime) % 1);

/** By asking many times with evenly spread chances: the same for every policy, and no policy has to tell its formula. */
export function sampleShares(context: RequestContext, decide: (context: RequestContext) => Decision): Shares {
  const pools = new Map<string, number>();
  const origins = new Map<string, number>();
  const until = realTime.monotonic() + PATIENCE_MS;
  let samples = 0;
  let draws = 0;
  const random = () => {
    const step = STEPS[draws++ % STEPS.length]!;
    return (0.5 + (samples + Math.floor(draws / STEPS.length)) * step) % 1;
  };
  const other: RequestContext = { ...context, facts: () => context.facts(), random };
  while (samples < SAMPLES && (samples < FEWEST_SAMPLES || realTime.monotonic() < until)) {
    draws = 0;
    const decision = decide(other);
    samples += 1;
    if (decision.kind !== 'plan') continue;
    count(pools, decision.pool.id);
    count(origins, originOf(decision.pool.id, decision.origin.key));
  }
  return {
    ofPool: (poolId) => (pools.get(poolId) ?? 0) / samples,
    ofOrigin: (poolId, originKey) => (origins.get(originOf(poolId, originKey)) ?? 0) / samples,
  };
}

const originOf = (poolId: string, originKey: string) => `${poolId} ${originKey}`;

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
