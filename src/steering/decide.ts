import type { HealthView } from '../live/health-board.js';
import type { LiveLoadBalancer, LiveOrigin, LivePool, LiveSettings } from '../live/snapshot.js';
import { ORIGIN_POLICIES, type PickOrigin } from './origins/policies.js';
import { type PoolState, type PoolUnavailable, poolState } from './pool-state.js';
import { type PickPool, POOL_POLICIES } from './pools/policies.js';
import { weighOrigins } from './weighted.js';

export interface SkippedPool {
  readonly poolId: string;
  readonly reason: PoolUnavailable;
}

/** Where one request goes, and why not elsewhere. */
export interface Plan {
  readonly kind: 'plan';
  readonly pool: LivePool;
  readonly origin: LiveOrigin;
  /** No default pool was available, so the fallback pool serves, whatever its health. */
  readonly viaFallback: boolean;
  readonly skipped: readonly SkippedPool[];
}

/** No default pool is available and the fallback pool is missing, disabled, or has no enabled origin with a weight. */
export interface NoPool {
  readonly kind: 'no_pool';
  readonly skipped: readonly SkippedPool[];
}

export interface Client {
  /** Canonical text: the same client must always be spelled the same way. */
  readonly ip: string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Steering {
  /** Pools of the snapshot are looked up at every call, so a change of the snapshot counts at once. */
  decide(loadBalancer: LiveLoadBalancer, client: Client): Plan | NoPool;
  /** Another healthy (or unmonitored) origin of the plan's pool, for the one retry; null when there is none. */
  alternative(plan: Plan, client: Client): LiveOrigin | null;
}

const NOTHING_SKIPPED: readonly SkippedPool[] = [];

/**
 * Steering over these pools and verdicts. What it derives from a pool is kept until that pool object is replaced or any
 * verdict changes, and dies with the pool object.
 */
export function createSteering(pools: ReadonlyMap<string, LivePool>, health: HealthView): Steering {
  const states = new WeakMap<LivePool, { readonly healthVersion: number; readonly state: PoolState }>();

  function stateOf(pool: LivePool): PoolState {
    const known = states.get(pool);
    if (known?.healthVersion === health.version) return known.state;
    const state = poolState(pool, health);
    states.set(pool, { healthVersion: health.version, state });
    return state;
  }

  function fallback(
    { fallbackPool }: LiveSettings,
    client: Client,
    skipped: readonly SkippedPool[],
  ): Plan | NoPool {
    const pool = pools.get(fallbackPool);
    const origins = pool ? stateOf(pool).asFallback : null;
    if (!pool || !origins) return { kind: 'no_pool', skipped };
    const origin = pickOrigin(pool)(origins, client.ip, client.random);
    return { kind: 'plan', pool, origin, viaFallback: true, skipped };
  }

  return {
    decide({ settings }, client) {
      const available: LivePool[] = [];
      let skipped = NOTHING_SKIPPED;
      for (const poolId of settings.defaultPools) {
        const pool = pools.get(poolId);
        const reason = pool ? stateOf(pool).unavailable : 'missing';
        if (pool && reason === null) available.push(pool);
        else skipped = [...skipped, { poolId, reason: reason ?? 'missing' }];
      }
      if (available.length === 0) return fallback(settings, client, skipped);
      const pickPool: PickPool = POOL_POLICIES[settings.steeringPolicy === 'random' ? 'random' : 'off'];
      const pool = pickPool(available, settings, client.random);
      const origin = pickOrigin(pool)(stateOf(pool).eligible!, client.ip, client.random);
      return { kind: 'plan', pool, origin, viaFallback: false, skipped };
    },

    alternative({ pool, origin: failed }, client) {
      const eligible = stateOf(pool).eligible?.origins ?? [];
      const others = weighOrigins(eligible.filter((origin) => origin.key !== failed.key));
      return others && pickOrigin(pool)(others, client.ip, client.random);
    },
  };
}

function pickOrigin(pool: LivePool): PickOrigin {
  return ORIGIN_POLICIES[pool.originSteering === 'hash' ? 'hash' : 'random'];
}
