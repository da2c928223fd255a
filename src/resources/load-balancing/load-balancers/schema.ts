import { z } from 'zod';
import { nullish } from '../../../api/fields.js';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { integer, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { AFFINITIES, STEERING_POLICIES } from '../../../domain/policies.js';
import { affinityAttributes, wireAffinityAttributes } from './affinity-schema.js';
import { poolSet, poolSetBodies } from './pool-set-schema.js';
import { rule, ruleBodies } from './rule-schema.js';
import {
  adaptiveRouting,
  locationStrategy,
  poolId,
  poolIds,
  poolMaps,
  randomSteering,
  weights,
} from './steering-schema.js';

export const zoneParams = z.object({ zone_id: hexId });
export const accountParams = z.object({ account_id: hexId });
const one = { load_balancer_id: hexId };
export const zoneBalancerParams = zoneParams.extend(one);
export const accountBalancerParams = accountParams.extend(one);
export const listQuery = z.object(pageQuery());

const plainMembers = {
  description: text(1024),
  enabled: z.boolean(),
  proxied: z.boolean(),
  ttl: integer(0, 604_800),
  ...poolMaps,
  session_affinity_ttl: integer(30, 604_800),
  networks: z.array(text(64)).max(64),
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
    rules: ruleBodies,
    pool_sets: poolSetBodies,
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
    rules: z.array(rule),
    pool_sets: z.array(poolSet),
    zone_name: z.string().optional().describe('Of a load balancer of a zone only.'),
    created_on: timestampSchema,
    modified_on: timestampSchema,
  })
  .meta({ id: 'LoadBalancer' });

export const deleted = z.object({ id: hexId });

export type PatchBody = z.output<typeof patchBody>;
export type WriteBody = z.output<typeof writeBody>;
export type WireLoadBalancer = z.output<typeof loadBalancer>;
export type RandomSteering = NonNullable<WireLoadBalancer['random_steering']>;
export type AdaptiveRouting = NonNullable<WireLoadBalancer['adaptive_routing']>;
export type LocationStrategy = NonNullable<WireLoadBalancer['location_strategy']>;
