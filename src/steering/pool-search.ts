import type { SteeringPolicy } from '../domain/policies.js';
import type { HealthView } from '../state/health-board.js';
import type { LoadView } from '../state/load-board.js';
import type { LiveOrigin, LivePool, LiveSettings } from '../state/snapshot.js';
import type { PoolUnavailable, RequestContext, SkippedPool } from './contract.js';
import { drawsOf, hashText } from './policies/hashing.js';
import { POOL_POLICIES, type PoolChoice } from './policies/pool-policies.js';
import { createPoolColumns } from './pool-columns.js';
import type { OriginGroup, PoolStates, Pools } from './pool-states.js';

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

interface PoolSearch {
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
  const columns = createPoolColumns(pools, health);

  function order({ settings, policy, candidates, context }: PoolSearchQuery): Iterable<string> {
    const choice: PoolChoice = {
      settings,
      place: context.place,
      random: choosesByAddress(settings, context) ? drawsOf(context.clientIp) : context.random,
      load,
      now: context.now,
      columns,
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

/** Whether the pool turns away a request that has no session with it. */
function shedsRequest({ id, loadShedding }: LivePool, context: RequestContext): boolean {
  const { defaultPercent, defaultPolicy } = loadShedding;
  if (defaultPercent <= 0) return false;
  if (defaultPercent >= 100) return true;
  const point = defaultPolicy === 'hash' ? pointOf(context.clientIp, id) : context.random();
  return point * 100 < defaultPercent;
}

/** Whether the pool turns away the sessions of a client, always by its address. */
export function shedsSession({ id, loadShedding }: LivePool, clientIp: string): boolean {
  const { sessionPercent } = loadShedding;
  return sessionPercent > 0 && pointOf(clientIp, id) * 100 < sessionPercent;
}

/**
 * Where in [0, 1) a client stands with a pool. With the pool and a word of its own in the hash, it says nothing about which
 * origin the client gets, nor about what other pools do with it.
 */
function pointOf(clientIp: string, poolId: string): number {
  return hashText(`shed ${poolId} ${clientIp}`) / 2 ** 32;
}
