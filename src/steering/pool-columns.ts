import type { HealthView } from '../state/health-board.js';
import type { LivePool } from '../state/snapshot.js';
import type { Pools } from './pool-states.js';

/** One number for each pool of a list, in the order of the list. */
export interface Column {
  /** Infinity where nothing is known. */
  readonly values: Float64Array;
  /** The index of the lowest, the first of equal ones; 0 in an empty list. */
  readonly lowest: number;
}

/** What policies read of all pools of a list, so that a decision need not look up each of them. */
export interface PoolColumns {
  /** Milliseconds of a round trip. `now` in Unix milliseconds. */
  latencies(candidates: readonly string[], now: number): Column;
  /** Degrees in, and out what grows with the distance from there: the negative cosine of the angle of the great circle. */
  distances(candidates: readonly string[], latitude: number, longitude: number): Column;
}

/** Milliseconds for which latencies count before they are read again: checks measure them every few seconds at most. */
const FRESH_MS = 1_000;

interface LatencyColumn extends Column {
  readonly poolsVersion: number;
  readonly healthVersion: number;
  readonly readAt: number;
}

interface DistanceColumn extends Column {
  readonly poolsVersion: number;
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * Columns are kept as long as their list, and made anew when a pool, or for latencies a verdict, has changed. Of distances the last ones are
 * kept: most requests come in at the same place.
 */
export function createPoolColumns(pools: Pools, health: HealthView): PoolColumns {
  const latencies = new WeakMap<readonly string[], LatencyColumn>();
  const distances = new WeakMap<readonly string[], DistanceColumn>();

  return {
    latencies(candidates, now) {
      const known = latencies.get(candidates);
      const isFresh =
        known?.poolsVersion === pools.version &&
        known.healthVersion === health.version &&
        Math.abs(now - known.readAt) < FRESH_MS;
      if (isFresh) return known;
      const column = columnOf(candidates, (id) => meanLatency(pools.get(id), health));
      const made = { ...column, poolsVersion: pools.version, healthVersion: health.version, readAt: now };
      latencies.set(candidates, made);
      return made;
    },
    distances(candidates, latitude, longitude) {
      const known = distances.get(candidates);
      const isSame =
        known?.poolsVersion === pools.version && known.latitude === latitude && known.longitude === longitude;
      if (isSame) return known;
      const column = columnOf(candidates, (id) => {
        const pool = pools.get(id);
        return pool && pool.latitude !== null && pool.longitude !== null
          ? -cosineBetween(latitude, longitude, pool.latitude, pool.longitude)
          : Number.POSITIVE_INFINITY;
      });
      const made = { ...column, poolsVersion: pools.version, latitude, longitude };
      distances.set(candidates, made);
      return made;
    },
  };
}

function columnOf(candidates: readonly string[], read: (poolId: string) => number): Column {
  const values = Float64Array.from(candidates, read);
  let lowest = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! < values[lowest]!) lowest = index;
  return { values, lowest };
}

/** The mean of the healthy enabled origins of a pool, in milliseconds. */
function meanLatency(pool: LivePool | undefined, health: HealthView): number {
  let sum = 0;
  let count = 0;
  for (const { key, enabled } of pool?.origins ?? []) {
    const origin = enabled ? health.origin(pool!.id, key) : undefined;
    if (origin?.state !== 'healthy' || origin.latencyMs === null) continue;
    sum += origin.latencyMs;
    count += 1;
  }
  return count > 0 ? sum / count : Number.POSITIVE_INFINITY;
}

const RADIANS = Math.PI / 180;

/** The cosine of the angle between two points of a sphere; coordinates in degrees. */
export function cosineBetween(
  latitudeA: number,
  longitudeA: number,
  latitudeB: number,
  longitudeB: number,
): number {
  const [northA, northB] = [latitudeA * RADIANS, latitudeB * RADIANS];
  const east = Math.cos((longitudeA - longitudeB) * RADIANS);
  return Math.sin(northA) * Math.sin(northB) + Math.cos(northA) * Math.cos(northB) * east;
}
