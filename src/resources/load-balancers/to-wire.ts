import { present } from '../../wire/fields.js';
import { timestamp } from '../../wire/timestamps.js';
import { ATTRIBUTE_DEFAULTS, sessionOf, ttlInForce } from './affinity.js';
import { fieldsOf } from './fields.js';
import type { WireLoadBalancer } from './schema.js';
import { policyInForce } from './steering.js';
import type { LoadBalancer } from './store.js';

/** The TTL that DNS answers of a load balancer without the proxy have unless it sets one. */
const UNPROXIED_TTL = 30;

/**
 * What is unset is left out, or shown as what is in force; maps of pools and lists are shown empty, because a client may
 * hold empty ones.
 */
export function toWire(balancer: LoadBalancer): WireLoadBalancer {
  const fields = fieldsOf(balancer);
  const sessions = fields.session_affinity !== 'none';
  const shown = {
    ...fields,
    ttl: fields.ttl ?? (fields.proxied ? null : UNPROXIED_TTL),
    steering_policy: policyInForce(fields),
    session_affinity_ttl: ttlInForce(sessionOf(fields)),
    session_affinity_attributes: fields.session_affinity_attributes ?? (sessions ? ATTRIBUTE_DEFAULTS : null),
    zone_name: balancer.zone?.name,
  };
  return {
    id: balancer.id,
    ...present(shown),
    created_on: timestamp(balancer.createdOn),
    modified_on: timestamp(balancer.modifiedOn),
  } as WireLoadBalancer;
}
