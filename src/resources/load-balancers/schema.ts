import { z } from 'zod';
import { nullish } from '../../wire/fields.js';
import { hexId } from '../../wire/identifiers.js';
import { pageQuery } from '../../wire/pagination.js';
import { expected, fraction, integer, text } from '../../wire/text.js';
import { timestampSchema } from '../../wire/timestamps.js';
import { affinityAttributes, wireAffinityAttributes } from './affinity-schema.js';

export const zoneParams = z.object({ zone_id: hexId });
export const loadBalancerParams = zoneParams.extend({ load_balancer_id: hexId });
export const listQuery = z.object(pageQuery());

export const STEERING_POLICIES = [
  'off',
  'geo',
  'random',
  'dynamic_latency',
  'proximity',
  'least_outstanding_requests',
  'least_connections',
] as const;
export const AFFINITIES = ['none', 'cookie', 'ip_cookie', 'header'] as const;

const poolId = z
  .string({ error: expected('a pool id') })
  .regex(/^[0-9a-f]{32}$/, 'must be a pool id of 32 hexadecimal digits');
const poolIds = z
  .array(poolId, { error: expected('a list of pool ids') })
  .max(1000, 'must not have more than 1000 pools');
const poolMap = z.record(text(64), poolIds);
const weights = z
  .record(poolId, fraction(100))
  .refine((map) => Object.keys(map).length <= 1000, 'must not have more than 1000 pools');

/** Rules and pool sets are refused as a whole unless empty, so nothing looks into them. */
const opaque = z.record(z.string(), z.unknown());

const randomSteering = { default_weight: fraction(10), pool_weights: weights };
const adaptiveRouting = { failover_across_pools: z.boolean() };
const locationStrategy = {
  mode: z.enum(['pop', 'resolver_ip']),
  prefer_ecs: z.enum(['always', 'never', 'proximity', 'geo']),
};

const plainMembers = {
  description: text(1024),
  enabled: z.boolean(),
  proxied: z.boolean(),
  ttl: integer(0, 604_800),
  region_pools: poolMap,
  country_pools: poolMap,
  pop_pools: poolMap,
  session_affinity_ttl: integer(30, 604_800),
  networks: z.array(text(64)).max(64),
  rules: z.array(opaque),
};

const name = text(255);
const required = { name, default_pools: poolIds, fallback_pool: poolId };
const optional = {
  ...nullish(plainMembers),
  ...nullish({
    steering_policy: z.enum([...STEERING_POLICIES, '']),
    session_affinity: z.enum([...AFFINITIES, '']),
    session_affinity_attributes: affinityAttributes,
    random_steering: z.object(nullish(randomSteering)),
    adaptive_routing: z.object(nullish(adaptiveRouting)),
    location_strategy: z.object(nullish(locationStrategy)),
    pool_sets: z.array(opaque),
  }),
};

export const writeBody = z.object({ ...required, ...optional });
export const patchBody = z.object({
  name: name.optional(),
  default_pools: poolIds.optional(),
  fallback_pool: poolId.optional(),
  ...optional,
});

export const loadBalancer = z
  .object({
    id: hexId,
    ...required,
    ...plainMembers,
    ttl: plainMembers.ttl.optional(),
    session_affinity_ttl: plainMembers.session_affinity_ttl.optional(),
    networks: plainMembers.networks.optional(),
    steering_policy: z.enum(STEERING_POLICIES),
    session_affinity: z.enum(AFFINITIES),
    session_affinity_attributes: wireAffinityAttributes.optional(),
    random_steering: z.object({ ...randomSteering, pool_weights: weights.optional() }).optional(),
    adaptive_routing: z.object(adaptiveRouting).optional(),
    location_strategy: z.object(locationStrategy).optional(),
    zone_name: z.string(),
    created_on: timestampSchema,
    modified_on: timestampSchema,
  })
  .meta({ id: 'LoadBalancer' });

export const deleted = z.object({ id: hexId });

export type SteeringPolicy = (typeof STEERING_POLICIES)[number];
export type Affinity = (typeof AFFINITIES)[number];
export type PatchBody = z.output<typeof patchBody>;
export type WriteBody = z.output<typeof writeBody>;
export type WireLoadBalancer = z.output<typeof loadBalancer>;
export type RandomSteering = NonNullable<WireLoadBalancer['random_steering']>;
export type AdaptiveRouting = NonNullable<WireLoadBalancer['adaptive_routing']>;
export type LocationStrategy = NonNullable<WireLoadBalancer['location_strategy']>;
