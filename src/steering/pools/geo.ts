import type { LivePoolMap } from '../../live/snapshot.js';
import type { PoolPolicy } from './policy.js';

/**
 * The pools of the place: of its data centre, else of its country, else of its region, else the default ones. The first
 * list there is is the whole list; an empty one is none. Inside it, failover order.
 */
export const geo: PoolPolicy = {
  candidates({ pools, popPools, countryPools, regionPools, defaultPools }, { pop, country, region }) {
    return (
      pools ??
      listOf(popPools, pop) ??
      listOf(countryPools, country) ??
      listOf(regionPools, region) ??
      defaultPools
    );
  },
  order: (candidates) => candidates,
};

function listOf(map: LivePoolMap, code: string): readonly string[] | undefined {
  const list = Object.hasOwn(map, code) ? map[code] : undefined;
  return list && list.length > 0 ? list : undefined;
}
