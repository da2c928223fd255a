import { drawnOrder, poolWeight } from './drawn.js';
import { listedPools, type PoolPolicy } from './policy.js';

/**
 * A draw by weight / (1 + requests under way to the pool), the weights those of random steering. Cloudflare publishes no
 * formula. Where nothing is counted, as in DNS, it is random steering.
 */
export const leastOutstandingRequests: PoolPolicy = {
  candidates: listedPools,
  order(candidates, { settings, load, random }) {
    const weights = candidates.map(
      (id) => poolWeight(settings.randomSteering, id) / (1 + load.outstanding(id)),
    );
    return drawnOrder(candidates, weights, random);
  },
};
