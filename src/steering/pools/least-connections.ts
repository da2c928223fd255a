import { drawnOrder, poolWeight } from './drawn.js';
import { listedPools, type PoolPolicy } from './policy.js';

/** A draw by weight / (1 + connections open to the pool), otherwise as least_outstanding_requests. */
export const leastConnections: PoolPolicy = {
  candidates: listedPools,
  order(candidates, { settings, load, random }) {
    const weights = candidates.map(
      (id) => poolWeight(settings.randomSteering, id) / (1 + load.connections(id)),
    );
    return drawnOrder(candidates, weights, random);
  },
};
