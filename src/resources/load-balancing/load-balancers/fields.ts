import { z } from 'zod';
import { withoutNulls } from '../../../api/free-json.js';
import { integer, text } from '../../../api/text.js';
import {
  AFFINITIES,
  type Affinity,
  STEERING_POLICIES,
  type SteeringPolicy,
} from '../../../domain/policies.js';
import { answerOf, bodiesOf, completed, field, required, unset, type ValuesOf } from '../../_kit/fields.js';
import { affinityAttributes, completeAttributes, wireAffinityAttributes } from './affinity-schema.js';
import { type PoolSet, poolSet, poolSetBodies } from './pool-set-schema.js';
import { type Rule, rule, ruleBodies } from './rule-schema.js';
import {
  adaptiveRouting,
  locationStrategy,
  poolId,
  poolIds,
  poolMaps,
  randomSteering,
  weights,
} from './steering-schema.js';

const adaptive = completed(adaptiveRouting, { failover_across_pools: false });
const location = completed(locationStrategy, { mode: 'pop', prefer_ecs: 'proximity' });
const random = z.object(randomSteering);
const shownRandom = random.partial({ pool_weights: true });

/** What a client may set; rules between fields are in `limits.ts`. */
export const fields = {
  name: required(text(255)),
  description: field(text(1024), ''),
  enabled: field(z.boolean(), true),
  proxied: field(z.boolean(), false),
  ttl: unset(integer(0, 604_800)),
  fallback_pool: required(poolId),
  default_pools: required(poolIds),
  region_pools: field(poolMaps.region_pools, {}),
  country_pools: field(poolMaps.country_pools, {}),
  pop_pools: field(poolMaps.pop_pools, {}),
  // '' leaves it to the maps of pools.
  steering_policy: field(z.enum([...STEERING_POLICIES, '']), '', { shown: z.enum(STEERING_POLICIES) }),
  session_affinity: field(z.enum([...AFFINITIES, '']), 'none' as Affinity, {
    complete: (kind) => kind || ('none' as const),
    shown: z.enum(AFFINITIES),
  }),
  session_affinity_ttl: unset(integer(30, 604_800)),
  session_affinity_attributes: unset(affinityAttributes, {
    complete: completeAttributes,
    shown: wireAffinityAttributes,
  }),
  random_steering: unset(
    z.object({ default_weight: randomSteering.default_weight.nullish(), pool_weights: weights.nullish() }),
    {
      complete: ({ default_weight, pool_weights }): z.output<typeof shownRandom> => ({
        default_weight: default_weight ?? 1,
        ...(pool_weights ? { pool_weights } : {}),
      }),
      shown: shownRandom,
    },
  ),
  adaptive_routing: unset(adaptive.schema, adaptive),
  location_strategy: unset(location.schema, location),
  networks: unset(z.array(text(64)).max(64), {
    notYet: (networks) =>
      networks === null ? undefined : 'they do not change from where the load balancer is reached',
  }),
  rules: field(ruleBodies, [], {
    complete: (rules): readonly Rule[] =>
      rules.map((one) => ({
        ...(withoutNulls(one) as Partial<Rule>),
        priority: one.priority ?? 0,
        disabled: one.disabled ?? false,
      })),
    shown: z.array(rule),
  }),
  // The only field of which null changes nothing; an empty list is how it is cleared.
  pool_sets: field(poolSetBodies, [], {
    nullKeeps: true,
    complete: (sets): readonly PoolSet[] =>
      sets.map((one) => ({ ...(withoutNulls(one) as Partial<PoolSet>), disabled: one.disabled ?? false })),
    shown: z.array(poolSet),
  }),
};

export type LoadBalancerValues = ValuesOf<typeof fields>;
export type PoolMap = Readonly<Record<string, readonly string[]>>;

export const bodies = bodiesOf(fields);

export const answer = answerOf('LoadBalancer', fields, {
  zone_name: z.string().optional().describe('Of a load balancer of a zone only.'),
});

/** The policy that is in force and shown. What was left open follows the maps, whenever they change. */
export function shownPolicy(values: LoadBalancerValues): SteeringPolicy {
  if (values.steering_policy !== '') return values.steering_policy;
  const maps: readonly PoolMap[] = [values.region_pools, values.country_pools, values.pop_pools];
  return maps.some((map) => Object.keys(map).length > 0) ? 'geo' : 'off';
}
