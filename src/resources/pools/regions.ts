/** The regions of the world that checks can come from. */
export const REGIONS = [
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

export const CHECK_REGIONS = [...REGIONS, 'ALL_REGIONS'] as const;
export type CheckRegion = (typeof CHECK_REGIONS)[number];

export const HEALTH_SOURCES = ['local', 'regional', 'global'] as const;
export type HealthSource = (typeof HEALTH_SOURCES)[number];

/** The regions that `check_regions` stands for, each once. */
export function regionsOf(checkRegions: readonly string[]): readonly string[] {
  return checkRegions.includes('ALL_REGIONS') ? REGIONS : [...new Set(checkRegions)];
}
