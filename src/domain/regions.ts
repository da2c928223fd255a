/** The 13 regions of the world that steering and health checks know; `ALL_REGIONS` stands for them and is none itself. */
export const REGION_CODES = [
  'WNAM',
  'ENAM',
  'WEU',
  'EEU',
  'NSAM',
  'SSAM',
  'OC',
  'ME',
  'NAF',
  'SAF',
  'SAS',
  'SEAS',
  'NEAS',
] as const;
export type RegionCode = (typeof REGION_CODES)[number];

export const CHECK_REGIONS = [...REGION_CODES, 'ALL_REGIONS'] as const;

/** The regions that `check_regions` stands for, each once. */
export function regionsOf(checkRegions: readonly string[]): readonly string[] {
  return checkRegions.includes('ALL_REGIONS') ? REGION_CODES : [...new Set(checkRegions)];
}

/**
 * The countries of each region, ISO 3166-1 alpha-2 and Kosovo. Cloudflare documents Canada, Haiti, Mexico and the United
 * States in WNAM and leaves the rest to its API; it is filled in here by the United Nations' geographic regions.
 */
const COUNTRIES: Readonly<Record<RegionCode, string>> = {
  WNAM: 'CA HT MX US',
  ENAM: `AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN JM KN KY LC MF MQ MS NI PA PM PR SV SX TC TT US VC
    VG VI`,
  WEU: 'AD AT AX BE CH DE DK ES FI FO FR GB GG GI GR IE IM IS IT JE LI LU MC MT NL NO PT SE SJ SM VA',
  EEU: 'AL BA BG BY CZ EE HR HU LT LV MD ME MK PL RO RS RU SI SK UA XK',
  NSAM: 'BR CO EC GF GY PE SR VE',
  SSAM: 'AQ AR BO CL FK GS PY UY',
  OC: 'AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS',
  ME: 'AE AM AZ BH CY GE IL IQ IR JO KW LB OM PS QA SA SY TR YE',
  NAF: 'BF BJ CF CI CM CV DJ DZ EG EH ER ET GH GM GN GQ GW LR LY MA ML MR NE NG SD SL SN SO SS TD TG TN',
  SAF: 'AO BI BV BW CD CG GA KE KM LS MG MU MW MZ NA RE RW SC SH ST SZ TF TZ UG YT ZA ZM ZW',
  SAS: 'AF BD BT IN IO KG KZ LK MV NP PK TJ TM UZ',
  SEAS: 'BN ID KH LA MM MY PH SG TH TL VN',
  NEAS: 'CN HK JP KP KR MN MO TW',
};

export const countriesOf = (region: RegionCode): readonly string[] => COUNTRIES[region].split(/\s+/);

const REGIONS: ReadonlySet<string> = new Set(REGION_CODES);
const ALL_COUNTRIES: ReadonlySet<string> = new Set(REGION_CODES.flatMap(countriesOf));

export const isRegion = (code: string): code is RegionCode => REGIONS.has(code);
export const isCountry = (code: string): boolean => ALL_COUNTRIES.has(code);
/** Data centres are named after airports. Which there are changes all the time, so none is unknown. */
export const isPop = (code: string): boolean => /^[A-Z]{3}$/.test(code);
