import type { LivePoolSet } from '../live/snapshot.js';
import type { Place } from '../net/place.js';

/** The first pool set that takes requests of this place; undefined when none does. */
export function matchPoolSet(poolSets: readonly LivePoolSet[], place: Place): LivePoolSet | undefined {
  return poolSets.find(({ topology }) => topology === null || takes(topology, place));
}

/** Every list that is there must hold, each by one of its members. */
function takes(topology: NonNullable<LivePoolSet['topology']>, place: Place): boolean {
  const { pops, countries, regions } = topology;
  return (
    (pops === undefined || pops.includes(place.pop)) &&
    (countries === undefined || countries.includes(place.country)) &&
    (regions === undefined || regions.includes(place.region))
  );
}
