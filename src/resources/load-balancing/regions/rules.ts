import { countriesOf, REGION_CODES, type RegionCode } from '../../../domain/regions.js';
import type { RegionsQuery, WireCountry, WireRegion, WireRegions } from './schema.js';
import { SUBDIVISIONS } from './subdivisions.js';

const ISO_STANDARD = 'Country and subdivision codes follow ISO 3166-1 alpha-2 and ISO 3166-2';
const names = new Intl.DisplayNames('en', { type: 'region' });

/** What a list is narrowed to; undefined matches everything. */
interface Wanted {
  readonly country?: string | undefined;
  readonly subdivision?: string | undefined;
}

/** All regions, or the part of them that the query asks for; regions and countries without a part are left out. */
export function find(query: RegionsQuery): WireRegions {
  const country = query.country_code_a2 ?? query.country_code;
  const subdivision = query.subdivision_code_a2 ?? query.subdivision_code;
  const regions = REGION_CODES.map((code) => regionOf(code, { country, subdivision }));
  return { iso_standard: ISO_STANDARD, regions: regions.filter(({ countries }) => countries.length > 0) };
}

export function get(code: RegionCode): WireRegions {
  return { iso_standard: ISO_STANDARD, regions: [regionOf(code, {})] };
}

function regionOf(region_code: RegionCode, wanted: Wanted): WireRegion {
  const countries = countriesOf(region_code).flatMap((country) => countryOf(region_code, country, wanted));
  return { region_code, countries };
}

function countryOf(region: RegionCode, country: string, wanted: Wanted): WireCountry[] {
  if (wanted.country !== undefined && wanted.country !== country) return [];
  const named = { country_code_a2: country, country_name: names.of(country)! };
  const divisions = Object.entries(SUBDIVISIONS[country]?.[region] ?? {});
  if (divisions.length === 0) return wanted.subdivision === undefined ? [named] : [];
  const country_subdivisions = divisions
    .filter(([code]) => wanted.subdivision === undefined || wanted.subdivision === code)
    .map(([subdivision_code_a2, subdivision_name]) => ({ subdivision_code_a2, subdivision_name }));
  return country_subdivisions.length === 0 ? [] : [{ ...named, country_subdivisions }];
}
