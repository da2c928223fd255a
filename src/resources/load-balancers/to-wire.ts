import { present } from '../../wire/fields.js';
import { timestamp } from '../../wire/timestamps.js';
import { fieldsOf } from './fields.js';
import type { InZone } from './rules.js';
import type { WireLoadBalancer } from './schema.js';

/** The TTL that DNS answers of a load balancer without the proxy have unless it sets one. */
const UNPROXIED_TTL = 30;

/** What is unset is left out; maps of pools are shown empty, because a client may hold an empty one. */
export function toWire({ balancer, zoneName }: InZone): WireLoadBalancer {
  const { pool_sets, ttl, ...fields } = fieldsOf(balancer);
  const shown = {
    id: balancer.id,
    ...present({ ...fields, ttl: ttl ?? (fields.proxied ? null : UNPROXIED_TTL) }),
    zone_name: zoneName,
    created_on: timestamp(balancer.createdOn),
    modified_on: timestamp(balancer.modifiedOn),
  };
  return shown as WireLoadBalancer;
}
