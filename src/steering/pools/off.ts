import { listedPools, type PoolPolicy } from './policy.js';

/** Failover order: the first pool of the list that can take the request. */
export const off: PoolPolicy = {
  candidates: listedPools,
  order: (candidates) => candidates,
};
