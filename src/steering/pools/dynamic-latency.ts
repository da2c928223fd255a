import { cheapestFirst } from './cheapest-first.js';
import { listedPools, type PoolPolicy } from './policy.js';

/** The fastest pool first, as health checks measure it. Those that nobody has measured come last, in failover order. */
export const dynamicLatency: PoolPolicy = {
  candidates: listedPools,
  order: (candidates, { latency }) =>
    cheapestFirst(candidates, (id) => latency(id) ?? Number.POSITIVE_INFINITY),
};
