import { present } from '../../../api/fields.js';
import type {
  LiveAffinityAttributes,
  LiveFixedResponse,
  LivePoolSet,
  LiveRandomSteering,
  LiveRule,
  LiveSettings,
} from '../../../state/snapshot.js';
import { ATTRIBUTE_DEFAULTS } from './affinity-schema.js';
import type { LoadBalancerValues } from './fields.js';
import type { PoolSet } from './pool-set-schema.js';
import type { Rule } from './rule-schema.js';

/** Seconds that answers of DNS are good for when nothing else was set. */
export const DEFAULT_TTL = 30;

/** What a load balancer says of itself, with every default filled in. */
export function liveSettings(fields: LoadBalancerValues): LiveSettings {
  return {
    defaultPools: fields.default_pools,
    regionPools: fields.region_pools,
    countryPools: fields.country_pools,
    popPools: fields.pop_pools,
    pools: null,
    fallbackPool: fields.fallback_pool,
    steeringPolicy: fields.steering_policy,
    randomSteering: randomSteering(fields.random_steering ?? {}),
    affinity: fields.session_affinity,
    affinityTtl: fields.session_affinity_ttl,
    affinityAttributes: affinityAttributes(fields.session_affinity_attributes ?? {}, drainDurationOf(fields)),
    failoverAcrossPools: fields.adaptive_routing?.failover_across_pools ?? false,
    locationStrategy: locationStrategy(fields.location_strategy ?? {}),
    ttl: fields.ttl || DEFAULT_TTL,
  };
}

/** What a rule sets. An object takes the place of the whole object before it. */
function ruleSettings(overrides: Overrides, fields: LoadBalancerValues): Partial<LiveSettings> {
  const { session_affinity_attributes, random_steering, adaptive_routing, location_strategy } = overrides;
  return {
    ...poolSettings(overrides),
    ...present({
      defaultPools: overrides.default_pools,
      regionPools: overrides.region_pools,
      countryPools: overrides.country_pools,
      popPools: overrides.pop_pools,
      affinity: overrides.session_affinity,
      affinityTtl: overrides.session_affinity_ttl,
      affinityAttributes:
        session_affinity_attributes &&
        affinityAttributes(session_affinity_attributes, drainDurationOf(fields)),
      ttl: overrides.ttl || undefined,
      failoverAcrossPools: adaptive_routing && (adaptive_routing.failover_across_pools ?? false),
      locationStrategy: location_strategy && locationStrategy(location_strategy),
      randomSteering: random_steering && randomSteering(random_steering),
    }),
  };
}

/** What rules and pool sets have in common: a flat list of pools and how it is steered. */
function poolSettings(overrides: Overrides | NonNullable<PoolSet['overrides']>): Partial<LiveSettings> {
  const { pool_weights, pool_default_weight } = overrides;
  const weighted = pool_weights !== undefined || pool_default_weight !== undefined;
  return present({
    pools: overrides.pools,
    fallbackPool: overrides.fallback_pool,
    steeringPolicy: overrides.steering_policy,
    randomSteering: weighted
      ? { defaultWeight: pool_default_weight ?? 1, poolWeights: pool_weights ?? {} }
      : undefined,
  });
}

type Overrides = NonNullable<Rule['overrides']>;

const randomSteering = (steering: NonNullable<Overrides['random_steering']>): LiveRandomSteering => ({
  defaultWeight: steering.default_weight ?? 1,
  poolWeights: steering.pool_weights ?? {},
});

const locationStrategy = (
  strategy: NonNullable<Overrides['location_strategy']>,
): LiveSettings['locationStrategy'] => ({
  mode: strategy.mode ?? 'pop',
  preferEcs: strategy.prefer_ecs ?? 'proximity',
});

/** Of the load balancer itself, whatever a rule says. */
const drainDurationOf = ({ session_affinity_attributes }: LoadBalancerValues) =>
  session_affinity_attributes?.drain_duration ?? 0;

function affinityAttributes(
  attributes: NonNullable<Overrides['session_affinity_attributes']>,
  drainDuration: number,
): LiveAffinityAttributes {
  const { samesite, secure, zero_downtime_failover } = { ...ATTRIBUTE_DEFAULTS, ...present(attributes) };
  return {
    samesite,
    secure,
    drainDuration,
    zeroDowntimeFailover: zero_downtime_failover,
    headers: attributes.headers ?? [],
    requireAllHeaders: attributes.require_all_headers ?? false,
  };
}

/** The enabled rules by priority; those of the same priority, as when none has any, in the order of the list. */
export function liveRules(fields: LoadBalancerValues): LiveRule[] {
  return fields.rules
    .map((rule, index) => ({ rule, name: rule.name || `rules[${index}]` }))
    .filter(({ rule }) => !rule.disabled)
    .sort((a, b) => a.rule.priority - b.rule.priority)
    .map(({ rule, name }) => ({
      name,
      condition: rule.condition ?? '',
      // A rule with a fixed response leaves nothing to evaluate.
      terminates: rule.fixed_response !== undefined || (rule.terminates ?? false),
      fixedResponse: fixedResponse(rule.fixed_response),
      overrides: rule.overrides ? ruleSettings(rule.overrides, fields) : {},
    }));
}

/** The enabled pool sets in the order of the list. */
export function livePoolSets(fields: LoadBalancerValues): LivePoolSet[] {
  return fields.pool_sets
    .map((set, index) => ({ set, name: set.name || `pool_sets[${index}]` }))
    .filter(({ set }) => !set.disabled)
    .map(({ set, name }) => ({
      name,
      topology: topology(set),
      fixedResponse: fixedResponse(set.fixed_response),
      overrides: set.overrides ? { steeringPolicy: 'off', ...poolSettings(set.overrides) } : {},
    }));
}

/** Null takes every request: no match, or `default`. */
function topology({ match }: PoolSet): LivePoolSet['topology'] {
  const lists = match?.topology;
  if (!lists) return null;
  return {
    ...(lists.pops?.length ? { pops: lists.pops } : {}),
    ...(lists.countries?.length ? { countries: lists.countries } : {}),
    ...(lists.regions?.length ? { regions: lists.regions } : {}),
  };
}

function fixedResponse(
  response: Rule['fixed_response'] | PoolSet['fixed_response'],
): LiveFixedResponse | null {
  return response
    ? {
        status: response.status_code ?? 200,
        contentType: response.content_type ?? '',
        body: response.message_body ?? '',
        location: response.location ?? '',
      }
    : null;
}
