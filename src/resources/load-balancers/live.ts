import type { LiveLoadBalancer } from '../../live/snapshot.js';
import { fieldsOf } from './fields.js';
import type { LoadBalancer } from './store.js';

/**
 * The load balancer as the data plane sees it, which serves names and so gets none of an account. A policy that it does not
 * know steers like off, as `not-yet.ts` tells.
 */
export function liveLoadBalancer(balancer: LoadBalancer): LiveLoadBalancer | null {
  if (balancer.zoneId === null) return null;
  const { random_steering, ...fields } = fieldsOf(balancer);
  return {
    id: balancer.id,
    accountId: balancer.accountId,
    zoneId: balancer.zoneId,
    name: fields.name,
    enabled: fields.enabled,
    defaultPools: fields.default_pools,
    fallbackPool: fields.fallback_pool,
    steeringPolicy: fields.steering_policy === 'random' ? 'random' : 'off',
    randomSteering: {
      defaultWeight: random_steering?.default_weight ?? 1,
      poolWeights: random_steering?.pool_weights ?? {},
    },
  };
}
