import { cheapestFirst } from './cheapest-first.js';
import { listedPools, type PoolPolicy } from './policy.js';

/** The nearest pool first. Those without coordinates come last, in failover order; all do when the place has none. */
export const proximity: PoolPolicy = {
  candidates: listedPools,
  order(candidates, { place, pool }) {
    const { latitude, longitude } = place;
    if (latitude === null || longitude === null) return candidates;
    return cheapestFirst(candidates, (id) => {
      const there = pool(id);
      return there === undefined || there.latitude === null || there.longitude === null
        ? Number.POSITIVE_INFINITY
        : angleBetween(latitude, longitude, there.latitude, there.longitude);
    });
  },
};

const RADIANS = Math.PI / 180;

/** Great-circle distance in radians by the haversine formula; coordinates in degrees. */
export function angleBetween(latitudeA: number, longitudeA: number, latitudeB: number, longitudeB: number) {
  const north = Math.sin(((latitudeB - latitudeA) * RADIANS) / 2) ** 2;
  const east = Math.sin(((longitudeB - longitudeA) * RADIANS) / 2) ** 2;
  const chord = north + Math.cos(latitudeA * RADIANS) * Math.cos(latitudeB * RADIANS) * east;
  return 2 * Math.asin(Math.min(1, Math.sqrt(chord)));
}
