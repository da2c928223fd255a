import type { Message } from '../../wire/envelope.js';
import { NO_EFFECT_YET, type NotYet, noticesOf } from '../not-yet.js';
import { fieldsOf, type LoadBalancerFields } from './fields.js';
import { policyInForce } from './steering.js';
import type { LoadBalancer } from './store.js';

const NOT_YET: NotYet<LoadBalancerFields> = {
  steering_policy: (policy) =>
    policy === 'off' || policy === 'random'
      ? undefined
      : `${policy} steers like off, in the order of default_pools`,
  session_affinity: (affinity) => (affinity === 'none' ? undefined : 'no sessions are kept'),
  adaptive_routing: (routing) =>
    routing?.failover_across_pools ? 'a retry stays inside the pool' : undefined,
  location_strategy: (strategy) =>
    strategy !== null && (strategy.mode !== 'pop' || strategy.prefer_ecs !== 'proximity')
      ? 'there are no answers of DNS that it could change'
      : undefined,
  networks: (networks) =>
    networks === null ? undefined : 'they do not change from where the load balancer is reached',
  rules: (rules) => (rules.length === 0 ? undefined : 'rules are not applied to requests'),
  pool_sets: (sets) => (sets.length === 0 ? undefined : 'pool sets are not applied to requests'),
};

const OF_AN_ACCOUNT: Message = {
  code: NO_EFFECT_YET,
  message: 'a load balancer of an account takes no traffic',
};

export function notices(balancer: LoadBalancer): Message[] {
  if (balancer.zoneId === null) return [OF_AN_ACCOUNT];
  const fields = fieldsOf(balancer);
  return noticesOf(NOT_YET, { ...fields, steering_policy: policyInForce(fields) });
}
