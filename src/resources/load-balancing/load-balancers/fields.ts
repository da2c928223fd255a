import type { Affinity, SteeringPolicy } from '../../../domain/policies.js';
import type { AffinityAttributes } from './affinity-schema.js';
import type { PoolSet } from './pool-set-schema.js';
import type { Rule } from './rule-schema.js';
import type { AdaptiveRouting, LocationStrategy, RandomSteering } from './schema.js';
import type { LoadBalancer } from './store.js';

export type PoolMap = Readonly<Record<string, readonly string[]>>;

/** A load balancer with every field set, under its names on the wire; null is how a field without a default is unset. */
export interface LoadBalancerFields {
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly proxied: boolean;
  readonly ttl: number | null;
  readonly fallback_pool: string;
  readonly default_pools: readonly string[];
  readonly region_pools: PoolMap;
  readonly country_pools: PoolMap;
  readonly pop_pools: PoolMap;
  /** '' leaves it to the maps of pools. */
  readonly steering_policy: SteeringPolicy | '';
  readonly session_affinity: Affinity;
  readonly session_affinity_ttl: number | null;
  readonly session_affinity_attributes: AffinityAttributes | null;
  readonly random_steering: RandomSteering | null;
  readonly adaptive_routing: AdaptiveRouting | null;
  readonly location_strategy: LocationStrategy | null;
  readonly networks: readonly string[] | null;
  readonly rules: readonly Rule[];
  readonly pool_sets: readonly PoolSet[];
}

/** `name` and the pools have no defaults: every body that starts from here names them. */
export const LOAD_BALANCER_DEFAULTS: LoadBalancerFields = {
  name: '',
  description: '',
  enabled: true,
  proxied: false,
  ttl: null,
  fallback_pool: '',
  default_pools: [],
  region_pools: {},
  country_pools: {},
  pop_pools: {},
  steering_policy: '',
  session_affinity: 'none',
  session_affinity_ttl: null,
  session_affinity_attributes: null,
  random_steering: null,
  adaptive_routing: null,
  location_strategy: null,
  networks: null,
  rules: [],
  pool_sets: [],
};

/** What is stored, as fields. */
export function fieldsOf(balancer: LoadBalancer): LoadBalancerFields {
  return {
    name: balancer.name,
    description: balancer.description,
    enabled: balancer.enabled,
    proxied: balancer.proxied,
    ttl: balancer.ttl,
    fallback_pool: balancer.fallbackPool,
    default_pools: balancer.defaultPools as string[],
    region_pools: balancer.regionPools as PoolMap,
    country_pools: balancer.countryPools as PoolMap,
    pop_pools: balancer.popPools as PoolMap,
    steering_policy: balancer.steeringPolicy as SteeringPolicy | '',
    session_affinity: balancer.sessionAffinity as Affinity,
    session_affinity_ttl: balancer.sessionAffinityTtl,
    session_affinity_attributes: balancer.sessionAffinityAttributes as AffinityAttributes | null,
    random_steering: balancer.randomSteering as RandomSteering | null,
    adaptive_routing: balancer.adaptiveRouting as AdaptiveRouting | null,
    location_strategy: balancer.locationStrategy as LocationStrategy | null,
    networks: balancer.networks as string[] | null,
    rules: balancer.rules as unknown as Rule[],
    pool_sets: balancer.poolSets as unknown as PoolSet[],
  };
}

/** The inverse of `fieldsOf`. */
export function columnsOf(
  fields: LoadBalancerFields,
): Omit<LoadBalancer, 'id' | 'accountId' | 'zoneId' | 'zone' | 'hostname' | 'createdOn' | 'modifiedOn'> {
  const columns = {
    name: fields.name,
    description: fields.description,
    enabled: fields.enabled,
    proxied: fields.proxied,
    ttl: fields.ttl,
    fallbackPool: fields.fallback_pool,
    defaultPools: fields.default_pools,
    regionPools: fields.region_pools,
    countryPools: fields.country_pools,
    popPools: fields.pop_pools,
    steeringPolicy: fields.steering_policy,
    sessionAffinity: fields.session_affinity,
    sessionAffinityTtl: fields.session_affinity_ttl,
    sessionAffinityAttributes: fields.session_affinity_attributes,
    randomSteering: fields.random_steering,
    adaptiveRouting: fields.adaptive_routing,
    locationStrategy: fields.location_strategy,
    networks: fields.networks,
    rules: fields.rules,
    poolSets: fields.pool_sets,
  };
  return columns as unknown as ReturnType<typeof columnsOf>;
}
