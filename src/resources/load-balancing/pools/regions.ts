import { REGION_CODES } from '../../../domain/regions.js';

export const CHECK_REGIONS = [...REGION_CODES, 'ALL_REGIONS'] as const;
export type CheckRegion = (typeof CHECK_REGIONS)[number];

export const HEALTH_SOURCES = ['local', 'regional', 'global'] as const;
export type HealthSource = (typeof HEALTH_SOURCES)[number];

/** The regions that `check_regions` stands for, each once. */
export function regionsOf(checkRegions: readonly string[]): readonly string[] {
  return checkRegions.includes('ALL_REGIONS') ? REGION_CODES : [...new Set(checkRegions)];
}
