import { mergeFields, present } from '../../../api/fields.js';
import { withoutNulls } from '../../../api/free-json.js';
import { ATTRIBUTE_DEFAULTS } from './affinity.js';
import type { AffinityAttributes } from './affinity-schema.js';
import { LOAD_BALANCER_DEFAULTS, type LoadBalancerFields } from './fields.js';
import type { PoolSet, PoolSetBody } from './pool-set-schema.js';
import type { Rule, RuleBody } from './rule-schema.js';
import type { AdaptiveRouting, LocationStrategy, PatchBody, RandomSteering } from './schema.js';

const ADAPTIVE_ROUTING: AdaptiveRouting = { failover_across_pools: false };
const LOCATION_STRATEGY: LocationStrategy = { mode: 'pop', prefer_ecs: 'proximity' };

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
      session_affinity: body.session_affinity === '' ? null : body.session_affinity,
      session_affinity_attributes: attributes && attributesFrom(attributes),
      random_steering: random && randomSteeringFrom(random),
      adaptive_routing:
        body.adaptive_routing && mergeFields(body.adaptive_routing, ADAPTIVE_ROUTING, ADAPTIVE_ROUTING),
      location_strategy:
        body.location_strategy && mergeFields(body.location_strategy, LOCATION_STRATEGY, LOCATION_STRATEGY),
      rules: body.rules === null ? null : body.rules?.map(ruleFrom),
      // The only field of which null changes nothing; an empty list is how it is cleared.
      pool_sets: body.pool_sets?.map(poolSetFrom),
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
      ATTRIBUTE_DEFAULTS,
      ATTRIBUTE_DEFAULTS,
    ),
    ...present({ headers, require_all_headers }),
  };
}

const randomSteeringFrom = (body: NonNullable<PatchBody['random_steering']>): RandomSteering => ({
  default_weight: body.default_weight ?? 1,
  ...present({ pool_weights: body.pool_weights }),
});

const ruleFrom = (body: RuleBody): Rule => ({
  ...(withoutNulls(body) as Partial<Rule>),
  priority: body.priority ?? 0,
  disabled: body.disabled ?? false,
});

const poolSetFrom = (body: PoolSetBody): PoolSet => ({
  ...(withoutNulls(body) as Partial<PoolSet>),
  disabled: body.disabled ?? false,
});
