import { z } from 'zod';
import { expected, fraction, integer, text } from '../../../api/text.js';
import { isCountry, isPop, isRegion, REGION_CODES } from '../../../domain/regions.js';

/** More pools than this make no sense in one place, and nothing is unbounded. */
const MAX_POOLS = 1000;

export const poolId = z
  .string({ error: expected('a pool id') })
  .regex(/^[0-9a-f]{32}$/, 'must be a pool id of 32 hexadecimal digits');
export const poolIds = z
  .array(poolId, { error: expected('a list of pool ids') })
  .max(MAX_POOLS, `must not have more than ${MAX_POOLS} pools`);

export const weights = z
  .record(poolId, fraction(100), { error: keyError('is not a pool id of 32 hexadecimal digits') })
  .refine((map) => Object.keys(map).length <= MAX_POOLS, `must not have more than ${MAX_POOLS} pools`);
export const defaultWeight = fraction(10);

/** Codes have one spelling, in capitals: what is stored is what was sent, and what requests are compared with. */
const place = (is: (code: string) => boolean, what: string) => text(64).refine(is, what);
const NO_REGION = `is not one of the regions ${REGION_CODES.join(', ')}`;
const NO_COUNTRY = 'is not an ISO 3166-1 country code of two capital letters';
const NO_POP = 'is not the code of a data centre, three capital letters';
export const region = place(isRegion, NO_REGION);
export const country = place(isCountry, NO_COUNTRY);
export const pop = place(isPop, NO_POP);

export const poolMaps = {
  region_pools: z.record(region, poolIds, { error: keyError(NO_REGION) }),
  country_pools: z.record(country, poolIds, { error: keyError(NO_COUNTRY) }),
  pop_pools: z.record(pop, poolIds, { error: keyError(NO_POP) }),
};

/** A key that breaks its rule is an issue of the map, not of the key's own schema. */
function keyError(words: string) {
  return (issue: { readonly code?: string }) => (issue.code === 'invalid_key' ? words : undefined);
}

export const randomSteering = { default_weight: defaultWeight, pool_weights: weights };
export const adaptiveRouting = { failover_across_pools: z.boolean() };
export const locationStrategy = {
  mode: z.enum(['pop', 'resolver_ip']),
  prefer_ecs: z.enum(['always', 'never', 'proximity', 'geo']),
};

const fieldValue = (maximum: number) =>
  text(maximum).regex(/^[\x20-\x7e]*$/, 'must be printable ASCII, as it goes into a header');

/** What answers a request in place of a pool. Its head must not become another head on the wire. */
export const fixedResponseSchema = {
  message_body: text(1024),
  status_code: integer(200, 599),
  content_type: fieldValue(32),
  location: fieldValue(2048),
};
