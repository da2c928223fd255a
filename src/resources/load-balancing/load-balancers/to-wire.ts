import { present } from '../../../api/fields.js';
import { timestamp } from '../../../api/timestamps.js';
import { inUnicode } from '../../hostname.js';
import { ATTRIBUTE_DEFAULTS, sessionOf, ttlInForce } from './affinity.js';
import { fieldsOf } from './fields.js';
import type { WireLoadBalancer } from './schema.js';
import { policyInForce } from './steering.js';
import type { LoadBalancer } from './store.js';

/** In force, and shown, for a load balancer that sets none. Proxied ones show it too, though DNS has no use for it then. */
const DEFAULT_TTL = 30;

/**
 * What is unset is left out, or shown as what is in force; maps of pools and lists are shown empty, because a client may
 * hold empty ones.
 */
export function toWire(balancer: LoadBalancer): WireLoadBalancer {
  const fields = fieldsOf(balancer);
  const sessions = fields.session_affinity !== 'none';
  const shown = {
    ...fields,
    ttl: fields.ttl ?? DEFAULT_TTL,
    steering_policy: policyInForce(fields),
    session_affinity_ttl: ttlInForce(sessionOf(fields)),
    session_affinity_attributes: fields.session_affinity_attributes ?? (sessions ? ATTRIBUTE_DEFAULTS : null),
    zone_name: balancer.zone && inUnicode(balancer.zone.name),
  };
  return {
    id: balancer.id,
    ...present(shown),
    created_on: timestamp(balancer.createdOn),
    modified_on: timestamp(balancer.modifiedOn),
  } as WireLoadBalancer;
}
