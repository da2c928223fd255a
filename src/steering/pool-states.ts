import type { HealthView } from '../live/health-board.js';
import type { LoadBoard, LoadView } from '../live/load-board.js';
import type { LiveOrigin, LivePool } from '../live/snapshot.js';
import { type PoolState, poolState } from './pool-state.js';
import type { Pools } from './pool-views.js';

export interface PoolStates {
  /** The state of the pool as seen from a region, '' for none. */
  of(pool: LivePool, region: string): PoolState;
  /** The pool's origin with this key, whatever its state. */
  origin(pool: LivePool, key: string): LiveOrigin | undefined;
}

interface Kept {
  version: number;
  /** By the region whose verdicts count; '' is those of all. No more than the regions that check the pool. */
  readonly states: Map<string, PoolState>;
}

/**
 * Keeps the state of each pool until the pool's object is replaced or a verdict on it changes, and dies with that object.
 * Nothing is computed before it is asked for.
 */
export function createPoolStates(
  pools: Pools,
  health: HealthView,
  load: LoadView & Pick<LoadBoard, 'onChange'>,
): PoolStates {
  const kept = new WeakMap<LivePool, Kept>();
  const byKey = new WeakMap<LivePool, ReadonlyMap<string, LiveOrigin>>();

  load.onChange((poolId, originKey) => {
    const pool = pools.get(poolId);
    const known = pool && kept.get(pool);
    if (!known) return;
    for (const { eligible, asFallback } of known.states.values()) {
      eligible?.loadChanged(originKey);
      if (asFallback !== eligible) asFallback?.loadChanged(originKey);
    }
  });

  return {
    of(pool, servedIn) {
      const version = health.versionOf(pool.id);
      let known = kept.get(pool);
      if (known === undefined) {
        known = { version, states: new Map() };
        kept.set(pool, known);
      } else if (known.version !== version) {
        known.version = version;
        known.states.clear();
      }
      const region =
        pool.healthSources === 'regional' && pool.checkRegions?.includes(servedIn) ? servedIn : '';
      let state = known.states.get(region);
      if (state === undefined) {
        state = poolState(pool, health, load, region);
        known.states.set(region, state);
      }
      return state;
    },
    origin(pool, key) {
      let origins = byKey.get(pool);
      if (origins === undefined) {
        origins = new Map(pool.origins.map((origin) => [origin.key, origin]));
        byKey.set(pool, origins);
      }
      return origins.get(key);
    },
  };
}
