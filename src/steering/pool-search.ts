import type { SteeringPolicy } from '../domain/policies.js';
import type { HealthView } from '../live/health-board.js';
import type { LoadView } from '../live/load-board.js';
import type { LiveOrigin, LivePool, LiveSettings } from '../live/snapshot.js';
import { drawsOf } from './hash-text.js';
import type { OriginGroup } from './origin-group.js';
import type { PoolUnavailable, SkippedPool } from './plan.js';
import { createPoolLatencies } from './pool-latencies.js';
import type { PoolStates } from './pool-states.js';
import type { Pools } from './pool-views.js';
import { POOL_POLICIES } from './pools/policies.js';
import type { PoolChoice } from './pools/policy.js';
import { shedsRequest } from './shedding.js';
import type { RequestContext } from './visit.js';

/** Where a pool and an origin are searched for. */
export interface PoolSearchQuery {
  readonly settings: LiveSettings;
  readonly policy: SteeringPolicy;
  readonly candidates: readonly string[];
  readonly context: RequestContext;
  /** Keys of origins that cannot be chosen. */
  readonly excluded: readonly string[];
}

export interface Found {
  readonly pool: LivePool;
  readonly origin: LiveOrigin;
}

export interface PoolSearch {
  /**
   * The first candidate in steering order that can serve; `excludedPool` cannot, whatever its state. Those that
   * cannot are added to `skipped`.
   */
  find(query: PoolSearchQuery, excludedPool: SkippedPool | null, skipped: SkippedPool[]): Found | null;
  /** An origin of the group, as the pool's policy or the kind of session wants it. */
  pickOrigin(
    group: OriginGroup,
    query: Pick<PoolSearchQuery, 'settings' | 'context' | 'excluded'>,
  ): LiveOrigin | null;
}

export function createPoolSearch(
  pools: Pools,
  health: HealthView,
  load: LoadView,
  states: PoolStates,
): PoolSearch {
  const latencyOf = createPoolLatencies(health);

  function order({ settings, policy, candidates, context }: PoolSearchQuery): Iterable<string> {
    const choice: PoolChoice = {
      settings,
      place: context.place,
      random: choosesByAddress(settings, context) ? drawsOf(context.clientIp) : context.random,
      load,
      pool: (id) => pools.get(id),
      latency(id) {
        const pool = pools.get(id);
        return pool === undefined ? null : latencyOf(pool, context.now);
      },
    };
    return POOL_POLICIES[policy].order(candidates, choice);
  }

  const pickOrigin: PoolSearch['pickOrigin'] = (group, { settings, context, excluded }) => {
    const choice = { clientIp: context.clientIp, random: context.random, excluded };
    return choosesByAddress(settings, context) ? group.pickByAddress(choice) : group.pick(choice);
  };

  function tryPool(poolId: string, query: PoolSearchQuery): Found | PoolUnavailable {
    const pool = pools.get(poolId);
    if (pool === undefined) return 'missing';
    const { unavailable, eligible } = states.of(pool, query.context.place.region);
    if (unavailable !== null) return unavailable;
    if (shedsRequest(pool, query.context)) return 'shed';
    const origin = eligible && pickOrigin(eligible, query);
    return origin ? { pool, origin } : 'no_eligible_origin';
  }

  return {
    pickOrigin,
    find(query, excludedPool, skipped) {
      for (const poolId of order(query)) {
        const found = excludedPool?.poolId === poolId ? excludedPool.reason : tryPool(poolId, query);
        if (typeof found === 'object') return found;
        skipped.push({ poolId, reason: found });
      }
      return null;
    },
  };
}

/** With `ip_cookie` the first choice of a client without a session is always the same one. */
function choosesByAddress({ affinity }: LiveSettings, { sessionSource }: RequestContext): boolean {
  return affinity === 'ip_cookie' && sessionSource !== null;
}
