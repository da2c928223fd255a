import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { countriesOf, REGION_CODES, type RegionCode } from '../../../domain/regions.js';
import { accountParams, operations } from '../../_kit/operations.js';
import { SUBDIVISIONS } from './subdivisions.js';

const code = (what: string) =>
  z
    .string()
    .regex(/^[a-z]{2}$/i, `must be ${what} of two letters`)
    .transform((letters) => letters.toUpperCase());
const country = code('an ISO 3166-1 country code');
const subdivision = code('an ISO 3166-2 subdivision code');

/** Clients know each of the two under an older and a newer name. */
const query = z.object({
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

const answer = z.object({ iso_standard: z.string(), regions: z.array(region) }).meta({ id: 'Regions' });

const PATH = '/accounts/:account_id/load_balancers/regions';

export function regionRoutes(app: Http): void {
  const { get } = operations(app, { family: 'lb', tags: ['Load balancer regions'] });
  const list = (path: string, params = {}) =>
    get(path, 'List regions with their countries', { ...params, query, answer }, ({ query }) =>
      ok(find(query)),
    );

  list(PATH, { params: accountParams });

  get(
    `${PATH}/:region_id`,
    'Get a region with its countries',
    { params: accountParams.extend({ region_id: z.enum(REGION_CODES) }), answer },
    ({ params }) => ok({ iso_standard: ISO_STANDARD, regions: [regionOf(params.region_id, {})] }),
  );

  list('/user/load_balancers/regions');
}

const ISO_STANDARD = 'Country and subdivision codes follow ISO 3166-1 alpha-2 and ISO 3166-2';
const names = new Intl.DisplayNames('en', { type: 'region' });

/** What a list is narrowed to; undefined matches everything. */
interface Wanted {
  readonly country?: string | undefined;
  readonly subdivision?: string | undefined;
}

/** All regions, or the part of them that the query asks for; regions and countries without a part are left out. */
function find(wanted: z.output<typeof query>): z.output<typeof answer> {
  const country = wanted.country_code_a2 ?? wanted.country_code;
  const subdivision = wanted.subdivision_code_a2 ?? wanted.subdivision_code;
  const regions = REGION_CODES.map((code) => regionOf(code, { country, subdivision }));
  return { iso_standard: ISO_STANDARD, regions: regions.filter(({ countries }) => countries.length > 0) };
}

function regionOf(region_code: RegionCode, wanted: Wanted): z.output<typeof region> {
  const countries = countriesOf(region_code).flatMap((country) => countryOf(region_code, country, wanted));
  return { region_code, countries };
}

function countryOf(region: RegionCode, country: string, wanted: Wanted): z.output<typeof countryOfRegion>[] {
  if (wanted.country !== undefined && wanted.country !== country) return [];
  const named = { country_code_a2: country, country_name: names.of(country)! };
  const divisions = Object.entries(SUBDIVISIONS[country]?.[region] ?? {});
  if (divisions.length === 0) return wanted.subdivision === undefined ? [named] : [];
  const country_subdivisions = divisions
    .filter(([code]) => wanted.subdivision === undefined || wanted.subdivision === code)
    .map(([subdivision_code_a2, subdivision_name]) => ({ subdivision_code_a2, subdivision_name }));
  return country_subdivisions.length === 0 ? [] : [{ ...named, country_subdivisions }];
}
