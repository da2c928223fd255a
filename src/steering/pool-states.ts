import type { HealthView } from '../state/health-board.js';
import type { LoadBoard, LoadView } from '../state/load-board.js';
import type { PassiveHealth } from '../state/passive-health.js';
import { isMonitored, originState, whyPoolUnavailable } from '../state/pool-health.js';
import type { LiveOrigin, LivePool, LivePools } from '../state/snapshot.js';
import type { PoolUnavailable } from './contract.js';
import {
  ORIGIN_POLICIES,
  type OriginPicker,
  type OriginPolicy,
  type OriginQuestion,
} from './policies/origin-policies.js';

/** Where steering looks pools up. */
export type Pools = Pick<LivePools, 'get' | 'version'>;

export interface PoolStates {
  /** The state of the pool as seen from a region, '' for none. */
  of(pool: LivePool, region: string): PoolState;
  /** The pool's origin with this key, whatever its state. */
  origin(pool: LivePool, key: string): LiveOrigin | undefined;
}

/** What steering derives from one pool while neither the pool nor any verdict on it changes. */
export interface PoolState {
  readonly unavailable: PoolUnavailable | null;
  /** Enabled, weight above 0, and healthy or unmonitored; of these first those that are not left out. Null when there is none. */
  readonly eligible: OriginGroup | null;
  /** Eligible origins that are chosen only when all others are excluded. */
  readonly leftOut: readonly LiveOrigin[];
  /** The same as fallback pool, where health only orders: the eligible origins, else all enabled ones with a weight. */
  readonly asFallback: OriginGroup | null;
}

/** Origins of a pool among which one is chosen. */
export interface OriginGroup {
  readonly origins: readonly LiveOrigin[];
  /** By the pool's policy. Null when all are excluded. */
  pick(choice: OriginQuestion): LiveOrigin | null;
  /** By the client's address, whatever the pool's policy. */
  pickByAddress(choice: OriginQuestion): LiveOrigin | null;
  /** What is under way to one of them has changed. */
  loadChanged(originKey: string): void;
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
  passive: PassiveHealth,
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
      // Both only grow, and so does their sum.
      const version = health.versionOf(pool.id) + passive.version;
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
        state = poolState(pool, health, load, passive, region);
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

/** As seen from `region`; '' is no region. */
function poolState(
  pool: LivePool,
  health: HealthView,
  load: LoadView,
  passive: PassiveHealth,
  region: string,
): PoolState {
  const monitored = isMonitored(pool);
  const enabled = pool.origins.filter((origin) => origin.enabled);
  // Unknown counts as down once a monitor is attached.
  const usable = monitored
    ? enabled.filter(({ key }) => originState(pool, key, health, region) === 'healthy')
    : enabled;
  const group = (origins: readonly LiveOrigin[]) => {
    const weighted = origins.filter(({ weight }) => weight > 0);
    return weighted.length > 0 ? originGroup(weighted, pool, load) : null;
  };
  const reached = group(usable.filter(({ key }) => !passive.isLeftOut(key)));
  const leftOut = reached && group(usable.filter(({ key }) => passive.isLeftOut(key)));
  const eligible = leftOut ? preferring(reached, leftOut) : (reached ?? group(usable));
  return {
    unavailable: whyPoolUnavailable(pool, health, region) ?? (eligible ? null : 'no_eligible_origin'),
    eligible,
    leftOut: leftOut?.origins ?? [],
    asFallback: pool.enabled ? (eligible ?? group(enabled)) : null,
  };
}

/** At least one origin, each with a weight above 0. Tables are computed on the first choice that needs them. */
function originGroup(origins: readonly LiveOrigin[], pool: LivePool, load: LoadView): OriginGroup {
  let byPolicy: OriginPicker | null = null;
  let byAddress: OriginPicker | null = null;
  const pickerOf = (policy: OriginPolicy) => policy(origins, pool.id, load);
  return {
    origins,
    pick(choice) {
      byPolicy ??= pickerOf(ORIGIN_POLICIES[pool.originSteering]);
      return byPolicy.pick(choice);
    },
    pickByAddress(choice) {
      byAddress ??= pickerOf(ORIGIN_POLICIES.hash);
      return byAddress.pick(choice);
    },
    loadChanged(originKey) {
      byPolicy?.loadChanged?.(originKey);
    },
  };
}

/** One of `first`, and one of `then` where all of those are excluded. */
function preferring(first: OriginGroup, then: OriginGroup): OriginGroup {
  return {
    origins: [...first.origins, ...then.origins],
    pick: (choice) => first.pick(choice) ?? then.pick(choice),
    pickByAddress: (choice) => first.pickByAddress(choice) ?? then.pickByAddress(choice),
    loadChanged(originKey) {
      first.loadChanged(originKey);
      then.loadChanged(originKey);
    },
  };
}

/**
 * The same pools seen otherwise. What is made of a pool lives as long as the pool does, so that steering can keep what it
 * derives from it.
 */
export function poolViews(pools: Pools, viewOf: (pool: LivePool) => LivePool): Pools {
  const views = new WeakMap<LivePool, LivePool>();
  return {
    get version() {
      return pools.version;
    },
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
