import { afterAll, beforeAll, expect, test } from 'vitest';
import { countriesOf, REGION_CODES } from '../../../src/domain/regions.js';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/load_balancers/regions';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

interface Region {
  readonly region_code: string;
  readonly countries: readonly {
    readonly country_code_a2: string;
    readonly country_name: string;
    readonly country_subdivisions?: readonly { subdivision_code_a2: string; subdivision_name: string }[];
  }[];
}

const regionsAt = async (path: string): Promise<Region[]> => (await api.get(path)).body.result.regions;
const REGIONS = 'WNAM ENAM WEU EEU NSAM SSAM OC ME NAF SAF SAS SEAS NEAS'.split(' ');
const of = (country_code_a2: string, country_name: string, ...divisions: [code: string, name: string][]) => ({
  country_code_a2,
  country_name,
  ...(divisions.length > 0 && {
    country_subdivisions: divisions.map(([subdivision_code_a2, subdivision_name]) => ({
      subdivision_code_a2,
      subdivision_name,
    })),
  }),
});

test('every country of ISO 3166-1 is in one region, and only the divided ones are in two', () => {
  const codes = REGION_CODES.flatMap(countriesOf);
  const twice = codes.filter((code, index) => codes.indexOf(code) !== index);
  expect(twice.sort()).toEqual(['CA', 'US']);
  // 249, and Kosovo.
  expect(new Set(codes).size).toBe(250);
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  expect(codes.filter((code) => !/^[A-Z]{2}$/.test(code) || names.of(code) === undefined)).toEqual([]);
});

test('the list has the 13 regions with their countries, and the states and provinces of two of them', async () => {
  const { status, body } = await api.get(PATH);
  expect([status, body.success, body.messages]).toEqual([200, true, []]);
  expect(body.result.iso_standard).toBe(
    'Country and subdivision codes follow ISO 3166-1 alpha-2 and ISO 3166-2',
  );
  const regions: Region[] = body.result.regions;
  expect(regions.map(({ region_code }) => region_code)).toEqual(REGIONS);
  const countries = regions.flatMap((region) => region.countries);
  expect(countries).toContainEqual(of('DE', 'Germany'));
  expect(countries.filter(({ country_subdivisions }) => country_subdivisions).length).toBe(4);
  const divisionsOf = (code: string) =>
    countries
      .filter(({ country_code_a2 }) => country_code_a2 === code)
      .flatMap(({ country_subdivisions = [] }) => country_subdivisions.map((one) => one.subdivision_code_a2));
  expect([divisionsOf('US').length, new Set(divisionsOf('US')).size]).toEqual([51, 51]);
  expect([divisionsOf('CA').length, new Set(divisionsOf('CA')).size]).toEqual([13, 13]);
});

test('one region has what Cloudflare documents of it', async () => {
  const [region, ...others] = await regionsAt(`${PATH}/WNAM`);
  expect([region?.region_code, others]).toEqual(['WNAM', []]);
  const [canada, haiti, mexico, unitedStates] = region!.countries;
  expect([haiti, mexico]).toEqual([of('HT', 'Haiti'), of('MX', 'Mexico')]);
  expect(canada).toMatchObject({ country_code_a2: 'CA', country_name: 'Canada' });
  const divisions = [canada, unitedStates].map((country) =>
    country!.country_subdivisions!.map(({ subdivision_code_a2 }) => subdivision_code_a2),
  );
  expect(divisions[0]).toEqual(expect.arrayContaining(['AB', 'BC']));
  expect(divisions[1]).toEqual(expect.arrayContaining('AZ CA CO HI MN MO NV OR TX UT WA'.split(' ')));
});

test.each(REGIONS)('%s by itself is what the list has of it', async (code) => {
  const all = await regionsAt(PATH);
  expect(await regionsAt(`${PATH}/${code}`)).toEqual(all.filter(({ region_code }) => region_code === code));
});

const california = { region_code: 'WNAM', countries: [of('US', 'United States', ['CA', 'California'])] };
test.each<[string, unknown[]]>([
  ['country_code_a2=DE', [{ region_code: 'WEU', countries: [of('DE', 'Germany')] }]],
  ['country_code=de', [{ region_code: 'WEU', countries: [of('DE', 'Germany')] }]],
  ['country_code_a2=ZZ', []],
  ['subdivision_code_a2=CA', [california]],
  ['subdivision_code=ca', [california]],
  ['country_code_a2=US&subdivision_code_a2=CA', [california]],
  ['country_code_a2=CA&subdivision_code_a2=CA', []],
  ['country_code_a2=DE&subdivision_code_a2=CA', []],
  ['subdivision_code_a2=QC', [{ region_code: 'ENAM', countries: [of('CA', 'Canada', ['QC', 'Quebec'])] }]],
])('%s finds the regions that it is in', async (query, regions) => {
  expect(await regionsAt(`${PATH}?${query}`)).toEqual(regions);
  expect(await regionsAt(`/user/load_balancers/regions?${query}`)).toEqual(regions);
});

test('a country that is divided is found in each of its regions', async () => {
  const regions = await regionsAt(`${PATH}?country_code_a2=US`);
  expect(regions.map(({ region_code }) => region_code)).toEqual(['WNAM', 'ENAM']);
  expect(regions.map(({ countries }) => countries.length)).toEqual([1, 1]);
});

test.each([
  'country_code_a2=DEU',
  'country_code=',
  'subdivision_code=1',
  'country_code_a2=%00%00',
  'country_code=DE&country_code=FR',
])('%s is refused', async (query) => {
  for (const path of [PATH, '/user/load_balancers/regions']) {
    const { status, body } = await api.get(`${path}?${query}`);
    expect([status, body.errors[0].code]).toEqual([400, 1002]);
  }
});

test.each(['ALL_REGIONS', 'wnam', 'EU', '__proto__', '%00'])('%s is no region', async (code) => {
  const { status, body } = await api.get(`${PATH}/${code}`);
  expect([status, body.errors[0].code]).toEqual([404, 7003]);
});

test('regions of an account that is not there are not there', async () => {
  expect((await api.get(`/accounts/${'0'.repeat(32)}/load_balancers/regions`)).status).toBe(404);
});
