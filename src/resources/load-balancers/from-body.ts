import { mergeFields, present } from '../../wire/fields.js';
import type { AffinityAttributes } from './affinity-schema.js';
import { LOAD_BALANCER_DEFAULTS, type LoadBalancerFields } from './fields.js';
import type { AdaptiveRouting, LocationStrategy, PatchBody, RandomSteering } from './schema.js';

const ADAPTIVE_ROUTING: AdaptiveRouting = { failover_across_pools: false };
const LOCATION_STRATEGY: LocationStrategy = { mode: 'pop', prefer_ecs: 'proximity' };
const AFFINITY_ATTRIBUTES = {
  samesite: 'Auto',
  secure: 'Auto',
  drain_duration: 0,
  zero_downtime_failover: 'none',
} as const;

/**
 * The fields after a write; `stored` is null on create and PUT, where what the body leaves out is at its default. Nested
 * objects come out complete, because clients compare them member by member with what they hold.
 */
export function fieldsAfter(body: PatchBody, stored: LoadBalancerFields | null): LoadBalancerFields {
  const attributes = body.session_affinity_attributes;
  const random = body.random_steering;
  return mergeFields<LoadBalancerFields>(
    {
      ...body,
      // Host names have no case.
      name: body.name?.toLowerCase(),
      // With pools for regions, "" would mean "geo"; those are refused as long as there is no such steering.
      steering_policy: body.steering_policy === '' ? null : body.steering_policy,
      session_affinity: body.session_affinity === '' ? null : body.session_affinity,
      session_affinity_attributes: attributes && attributesFrom(attributes),
      random_steering: random && randomSteeringFrom(random),
      adaptive_routing:
        body.adaptive_routing && mergeFields(body.adaptive_routing, ADAPTIVE_ROUTING, ADAPTIVE_ROUTING),
      location_strategy:
        body.location_strategy && mergeFields(body.location_strategy, LOCATION_STRATEGY, LOCATION_STRATEGY),
    },
    stored ?? LOAD_BALANCER_DEFAULTS,
    LOAD_BALANCER_DEFAULTS,
  );
}

function attributesFrom(body: NonNullable<PatchBody['session_affinity_attributes']>): AffinityAttributes {
  const { headers, require_all_headers } = body;
  return {
    ...mergeFields<Omit<AffinityAttributes, 'headers' | 'require_all_headers'>>(
      body,
      AFFINITY_ATTRIBUTES,
      AFFINITY_ATTRIBUTES,
    ),
    ...present({ headers, require_all_headers }),
  };
}

const randomSteeringFrom = (body: NonNullable<PatchBody['random_steering']>): RandomSteering => ({
  default_weight: body.default_weight ?? 1,
  ...present({ pool_weights: body.pool_weights }),
});
