import { present } from '../../../api/fields.js';
import type { LiveAffinityAttributes, LiveRandomSteering, LiveSettings } from '../../../live/snapshot.js';
import { type AffinityAttributes, ATTRIBUTE_DEFAULTS } from './affinity-schema.js';
import type { LoadBalancerValues } from './fields.js';
import type { PoolSet } from './pool-set-schema.js';
import type { Rule } from './rule-schema.js';

/** Seconds that answers of DNS are good for when nothing else was set. */
const DEFAULT_TTL = 30;

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
    locationStrategy: {
      mode: fields.location_strategy?.mode ?? 'pop',
      preferEcs: fields.location_strategy?.prefer_ecs ?? 'proximity',
    },
    ttl: fields.ttl || DEFAULT_TTL,
  };
}

/** What a rule sets. An object takes the place of the whole object before it. */
export function ruleSettings(
  overrides: NonNullable<Rule['overrides']>,
  fields: LoadBalancerValues,
): Partial<LiveSettings> {
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
      locationStrategy: location_strategy && {
        mode: location_strategy.mode ?? 'pop',
        preferEcs: location_strategy.prefer_ecs ?? 'proximity',
      },
    }),
    ...(random_steering ? { randomSteering: randomSteering(random_steering) } : {}),
  };
}

/** What rules and pool sets have in common: a flat list of pools and how it is steered. */
export function poolSettings(
  overrides: NonNullable<Rule['overrides'] | PoolSet['overrides']>,
): Partial<LiveSettings> {
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

const randomSteering = (steering: {
  readonly default_weight?: number | undefined;
  readonly pool_weights?: Readonly<Record<string, number>> | undefined;
}): LiveRandomSteering => ({
  defaultWeight: steering.default_weight ?? 1,
  poolWeights: steering.pool_weights ?? {},
});

/** Of the load balancer itself, whatever a rule says. */
const drainDurationOf = ({ session_affinity_attributes }: LoadBalancerValues) =>
  session_affinity_attributes?.drain_duration ?? 0;

function affinityAttributes(
  attributes: { readonly [K in keyof AffinityAttributes]?: AffinityAttributes[K] | undefined },
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
