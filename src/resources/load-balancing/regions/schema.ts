import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { REGION_CODES } from '../../../domain/regions.js';

const code = (what: string) =>
  z
    .string()
    .regex(/^[a-z]{2}$/i, `must be ${what} of two letters`)
    .transform((letters) => letters.toUpperCase());
const country = code('an ISO 3166-1 country code');
const subdivision = code('an ISO 3166-2 subdivision code');

export const accountParams = z.object({ account_id: hexId });
export const regionParams = accountParams.extend({ region_id: z.enum(REGION_CODES) });

/** Clients know each of the two under an older and a newer name. */
export const regionsQuery = z.object({
  country_code_a2: country.optional(),
  country_code: country.optional(),
  subdivision_code_a2: subdivision.optional(),
  subdivision_code: subdivision.optional(),
});

const countryOfRegion = z.object({
  country_code_a2: z.string(),
  country_name: z.string(),
  country_subdivisions: z
    .array(z.object({ subdivision_code_a2: z.string(), subdivision_name: z.string() }))
    .optional(),
});
const region = z.object({ region_code: z.enum(REGION_CODES), countries: z.array(countryOfRegion) });

export const regions = z
  .object({ iso_standard: z.string(), regions: z.array(region) })
  .meta({ id: 'Regions' });

export type RegionsQuery = z.output<typeof regionsQuery>;
export type WireRegions = z.output<typeof regions>;
export type WireRegion = z.output<typeof region>;
export type WireCountry = z.output<typeof countryOfRegion>;
