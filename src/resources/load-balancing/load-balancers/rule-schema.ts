import { z } from 'zod';
import { nullish } from '../../../api/fields.js';
import { integer, text } from '../../../api/text.js';
import { AFFINITIES, STEERING_POLICIES } from '../../../domain/policies.js';
import { affinityAttributes, wireAffinityAttributes } from './affinity-schema.js';
import {
  adaptiveRouting,
  defaultWeight,
  fixedResponseSchema,
  locationStrategy,
  poolId,
  poolIds,
  poolMaps,
  randomSteering,
  weights,
} from './steering-schema.js';

const MAX_RULES = 1000;
/** Characters of an expression, as in the other products that use the language. */
const MAX_CONDITION = 4096;

const plainOverrides = {
  session_affinity: z.enum(AFFINITIES),
  session_affinity_ttl: integer(30, 604_800),
  ttl: integer(0, 604_800),
  steering_policy: z.enum([...STEERING_POLICIES, '']),
  fallback_pool: poolId,
  default_pools: poolIds,
  ...poolMaps,
  pools: poolIds,
  pool_weights: weights,
  pool_default_weight: defaultWeight,
};

const plainMembers = {
  name: text(200),
  condition: text(MAX_CONDITION),
  priority: integer(0, 2_147_483_647),
  disabled: z.boolean(),
  terminates: z.boolean(),
};

/** A rule as it is sent. It is the one object that refuses members it does not know, as Cloudflare's description says. */
const ruleBody = z.strictObject({
  ...nullish(plainMembers),
  ...nullish({
    fixed_response: z.object(nullish(fixedResponseSchema)),
    overrides: z.object({
      ...nullish(plainOverrides),
      ...nullish({
        // An older spelling, which is not shown any more.
        session_affinity: z.enum([...AFFINITIES, '']).transform((kind) => kind || ('none' as const)),
        session_affinity_attributes: affinityAttributes,
        random_steering: z.object(nullish(randomSteering)),
        adaptive_routing: z.object(nullish(adaptiveRouting)),
        location_strategy: z.object(nullish(locationStrategy)),
      }),
    }),
  }),
});

export const ruleBodies = z.array(ruleBody).max(MAX_RULES, `must not have more than ${MAX_RULES} rules`);

const overrides = z
  .object({
    ...plainOverrides,
    session_affinity_attributes: wireAffinityAttributes.partial(),
    random_steering: z.object(randomSteering).partial(),
    adaptive_routing: z.object(adaptiveRouting).partial(),
    location_strategy: z.object(locationStrategy).partial(),
  })
  .partial();

/** A rule as it is kept and shown: of the overrides only what was sent. */
export const rule = z
  .object({
    name: plainMembers.name.optional(),
    condition: plainMembers.condition.optional(),
    priority: plainMembers.priority,
    disabled: plainMembers.disabled,
    terminates: plainMembers.terminates
      .optional()
      .describe('As it was sent; a fixed response always ends the rules.'),
    fixed_response: z.object(fixedResponseSchema).partial().optional(),
    overrides: overrides.optional(),
  })
  .meta({ id: 'LoadBalancerRule' });

export type Rule = z.output<typeof rule>;
