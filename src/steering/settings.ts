import type { SteeringPolicy } from '../domain/policies.js';
import type { LiveSettings } from '../live/snapshot.js';

/**
 * What a pool set or a rule sets, each field in place of the one before it. Whoever names pools by list or place means
 * these, so a flat list that an earlier one gave no longer counts.
 */
export function mergeSettings(settings: LiveSettings, overrides: Partial<LiveSettings>): LiveSettings {
  const namesPools =
    overrides.defaultPools !== undefined ||
    overrides.regionPools !== undefined ||
    overrides.countryPools !== undefined ||
    overrides.popPools !== undefined;
  const pools = namesPools ? null : settings.pools;
  return { ...settings, pools, ...overrides };
}

/** The policy that counts: what was left open is `geo` when there are pools for places, otherwise `off`. */
export function policyInForce({
  steeringPolicy,
  regionPools,
  countryPools,
  popPools,
}: LiveSettings): SteeringPolicy {
  if (steeringPolicy !== '') return steeringPolicy;
  return hasEntry(popPools) || hasEntry(countryPools) || hasEntry(regionPools) ? 'geo' : 'off';
}

function hasEntry(map: object): boolean {
  for (const _ in map) return true;
  return false;
}
