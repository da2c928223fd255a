import type { Message } from '../../wire/envelope.js';
import { NO_EFFECT_YET, type NotYet, noticesOf } from '../not-yet.js';
import { fieldsOf, type LoadBalancerFields } from './fields.js';
import type { LoadBalancer } from './store.js';

const NOT_YET: NotYet<LoadBalancerFields> = {
  location_strategy: (strategy) =>
    strategy !== null && (strategy.mode !== 'pop' || strategy.prefer_ecs !== 'proximity')
      ? 'there are no answers of DNS that it could change'
      : undefined,
  networks: (networks) =>
    networks === null ? undefined : 'they do not change from where the load balancer is reached',
};

const OF_AN_ACCOUNT: Message = {
  code: NO_EFFECT_YET,
  message: 'a load balancer of an account takes no traffic',
};

export function notices(balancer: LoadBalancer): Message[] {
  if (balancer.zoneId === null) return [OF_AN_ACCOUNT];
  return noticesOf(NOT_YET, fieldsOf(balancer));
}
