import { type NotYet, refuseNotYet } from '../not-yet.js';
import type { LoadBalancerFields, PoolMap } from './fields.js';

const named = (pools: PoolMap) => Object.keys(pools).length > 0;

const NOT_YET: NotYet<LoadBalancerFields> = {
  steering_policy: (policy) => policy !== 'off' && policy !== 'random',
  region_pools: named,
  country_pools: named,
  pop_pools: named,
  session_affinity: (affinity) => affinity !== 'none',
  adaptive_routing: (routing) => routing?.failover_across_pools === true,
  location_strategy: (strategy) =>
    strategy !== null && (strategy.mode !== 'pop' || strategy.prefer_ecs !== 'proximity'),
  rules: (rules) => rules.length > 0,
  pool_sets: (sets) => sets.length > 0,
};

export const refuseUnsupported = (fields: LoadBalancerFields) => refuseNotYet(NOT_YET, fields);
