import type { LiveOrigin, LivePool } from '../live/snapshot.js';

/** Where steering looks pools up. */
export type Pools = Pick<ReadonlyMap<string, LivePool>, 'get'>;

/**
 * The same pools seen otherwise. What is made of a pool lives as long as the pool does, so that steering can keep what it
 * derives from it.
 */
export function poolViews(pools: Pools, viewOf: (pool: LivePool) => LivePool): Pools {
  const views = new WeakMap<LivePool, LivePool>();
  return {
    get(id) {
      const pool = pools.get(id);
      if (!pool) return undefined;
      const view = views.get(pool) ?? viewOf(pool);
      views.set(pool, view);
      return view;
    },
  };
}

/**
 * Of a pool only these origins can be chosen. The others weigh nothing, so that they still count where its health is judged.
 */
export function withOnly(pool: LivePool, usable: (origin: LiveOrigin) => boolean): LivePool {
  if (pool.origins.every(usable)) return pool;
  const origins = pool.origins.map((origin) => (usable(origin) ? origin : { ...origin, weight: 0 }));
  return { ...pool, origins };
}
