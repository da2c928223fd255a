import { z } from 'zod';
import { nullish } from '../../../api/fields.js';
import { text } from '../../../api/text.js';
import { STEERING_POLICIES } from '../../../domain/policies.js';
import {
  country,
  defaultWeight,
  fixedResponseSchema,
  poolId,
  poolIds,
  pop,
  region,
  weights,
} from './steering-schema.js';

/** `geo` is no policy of a pool set: its pools are one flat list. */
const policies = STEERING_POLICIES.filter((policy) => policy !== 'geo');

const plainMembers = { name: text(200), disabled: z.boolean() };
const topology = { pops: z.array(pop), countries: z.array(country), regions: z.array(region) };
const overrides = {
  pools: poolIds,
  pool_weights: weights,
  pool_default_weight: defaultWeight,
  fallback_pool: poolId,
  steering_policy: z.enum([...policies, '']),
};

/** A pool set as it is sent; `limits.ts` has the rules that Cloudflare's documentation names. */
const poolSetBody = z.object({
  ...nullish(plainMembers),
  ...nullish({
    match: z.object(nullish({ default: z.boolean(), topology: z.object(nullish(topology)) })),
    overrides: z.object(nullish(overrides)),
    fixed_response: z.object(nullish(fixedResponseSchema)),
  }),
});

export const poolSetBodies = z.array(poolSetBody);

const match = z.object({ default: z.boolean(), topology: z.object(topology).partial() }).partial();

/** A pool set as it is kept and shown: what was sent, and whether it is disabled. */
export const poolSet = z
  .object({
    name: plainMembers.name.optional(),
    disabled: plainMembers.disabled,
    match: match.optional(),
    overrides: z.object(overrides).partial().optional(),
    fixed_response: z.object(fixedResponseSchema).partial().optional(),
  })
  .meta({ id: 'LoadBalancerPoolSet' });

export type PoolSet = z.output<typeof poolSet>;
