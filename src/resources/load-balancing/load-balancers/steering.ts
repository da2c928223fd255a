import type { SteeringPolicy } from '../../../domain/policies.js';
import type { LoadBalancerFields, PoolMap } from './fields.js';

/** The policy that is in force and shown. What was left open follows the maps, whenever they change. */
export function policyInForce(fields: LoadBalancerFields): SteeringPolicy {
  if (fields.steering_policy !== '') return fields.steering_policy;
  const maps: readonly PoolMap[] = [fields.region_pools, fields.country_pools, fields.pop_pools];
  return maps.some((map) => Object.keys(map).length > 0) ? 'geo' : 'off';
}
