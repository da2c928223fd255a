import type { Message } from '../../../api/envelope.js';
import { type NotYet, noticesOf } from '../../not-yet.js';
import { fieldsOf, type LoadBalancerFields } from './fields.js';
import type { LoadBalancer } from './store.js';

const NOT_YET: NotYet<LoadBalancerFields> = {
  networks: (networks) =>
    networks === null ? undefined : 'they do not change from where the load balancer is reached',
};

export const notices = (balancer: LoadBalancer): Message[] => noticesOf(NOT_YET, fieldsOf(balancer));
