import type { HealthView } from '../state/health-board.js';
import type { LoadBoard, LoadView } from '../state/load-board.js';
import { NO_PASSIVE_HEALTH, type PassiveHealth } from '../state/passive-health.js';
import { isMonitored, originState } from '../state/pool-health.js';
import type { LiveLoadBalancer, LiveOrigin, LivePool, LiveSettings } from '../state/snapshot.js';
import type {
  AffinityOutcome,
  Decision,
  Pin,
  Plan,
  RequestContext,
  Sessions,
  SkippedPool,
  Trace,
} from './contract.js';
import { POOL_POLICIES } from './policies/pool-policies.js';
import { createPoolSearch, type Found, type PoolSearchQuery, shedsSession } from './pool-search.js';
import { createPoolStates, type PoolState, type Pools } from './pool-states.js';
import { applyRules, policyInForce } from './rules.js';

interface SteeringParts {
  /** Looked up at every call, so that a change of the configuration counts at once. */
  readonly pools: Pools;
  readonly health: HealthView;
  readonly load: LoadView & Pick<LoadBoard, 'onChange'>;
  readonly sessions: Sessions;
  /** Nobody is left out without it. */
  readonly passive?: PassiveHealth;
}

export interface Steering {
  /** What decisions go by: whether the pool can serve, and which of its origins. `region` as in the request's place. */
  stateOf(pool: LivePool, region: string): Pick<PoolState, 'unavailable' | 'eligible' | 'leftOut'>;
  decide(loadBalancer: LiveLoadBalancer, context: RequestContext): Decision;
  /**
   * Where the request goes after the origin of its plan, and those of `tried`, have failed: another healthy (or unmonitored)
   * origin of the same pool; else, with failover across pools, one of the next available pool in steering order. Null when
   * there is none, or when the request belongs to a session that gets the error instead. `startsSession` of the answer
   * says whether the session goes on there (`sticky`), or with its old origin next time (`temporary`).
   */
  alternative(plan: Plan, context: RequestContext, tried: readonly LiveOrigin[]): Plan | null;
  /**
   * The plan anew, with its origin and those of `tried` excluded, as one that has no address: another origin of the same
   * pool, else the next pool, at last the fallback pool. That is no failover: it needs no permission and holds for sessions
   * too, which go on where it leads. With `excludesPool` the rest of the plan's pool is excluded as well. Null when nothing
   * is left.
   */
  reselect(
    plan: Plan,
    context: RequestContext,
    tried: readonly LiveOrigin[],
    excludesPool: boolean,
  ): Plan | null;
}

/** Where a request goes, if anywhere, and what became of its session. */
interface Route extends Pick<Plan, 'viaFallback' | 'pinned'> {
  readonly outcome: AffinityOutcome;
  readonly to: Found | null;
}

const NONE: readonly string[] = [];

/**
 * Steering over these pools, by these verdicts, counts and sessions. What it derives from a pool is kept until the pool's
 * object is replaced or a verdict on it changes.
 */
export function createSteering({
  pools,
  health,
  load,
  sessions,
  passive = NO_PASSIVE_HEALTH,
}: SteeringParts): Steering {
  const states = createPoolStates(pools, health, load, passive);
  const search = createPoolSearch(pools, health, load, states);

  /**
   * An affinity hit is where the session goes on; a miss says why it cannot. Weights, and the health of the whole pool, do not
   * count.
   */
  function resolveAffinity(pin: Pin, query: PoolSearchQuery): { outcome: AffinityOutcome; to: Found | null } {
    const { settings, context } = query;
    const miss = (outcome: AffinityOutcome) => ({ outcome, to: null });
    const pool = query.candidates.includes(pin.poolId) ? pools.get(pin.poolId) : undefined;
    if (!pool?.enabled) return miss('pool_gone');
    const origin = states.origin(pool, pin.originKey);
    if (!origin) return miss('origin_gone');
    if (!origin.enabled && !drains(origin, settings, context.now)) return miss('origin_gone');
    // Nobody checks an origin that is disabled: while it drains it counts as healthy.
    const checked = origin.enabled && isMonitored(pool);
    if (checked && originState(pool, origin.key, health, context.place.region) !== 'healthy') {
      return miss('origin_unhealthy');
    }
    return shedsSession(pool, context.clientIp)
      ? miss('shed')
      : { outcome: 'honoured', to: { pool, origin } };
  }

  /** The last trace of settings that no rule has changed: most are alike, and the log of requests keeps thousands. */
  const traces = new WeakMap<LiveSettings, Trace>();

  function shared(trace: Trace, { settings }: LiveLoadBalancer): Trace {
    if (trace.skipped.length > 0 || trace.rules.length > 0) return trace;
    const last = traces.get(settings);
    const alike =
      last?.candidates === trace.candidates &&
      last.poolSet === trace.poolSet &&
      last.policy === trace.policy &&
      last.pin === trace.pin;
    if (alike) return last;
    traces.set(settings, trace);
    return trace;
  }

  /** While the fallback pool serves, its sessions keep to their origins like any others. */
  function fallback(query: PoolSearchQuery, pin: Pin | null): (Found & { readonly pinned: boolean }) | null {
    const pool = pools.get(query.settings.fallbackPool);
    const group = pool && states.of(pool, query.context.place.region).asFallback;
    if (!pool || !group) return null;
    const kept = pin?.poolId === pool.id ? group.origins.find(({ key }) => key === pin.originKey) : undefined;
    const origin = kept ?? search.pickOrigin(group, query);
    return origin && { pool, origin, pinned: kept !== undefined };
  }

  /** The session's origin, else the first candidate that can serve, else the fallback pool. */
  function route(query: PoolSearchQuery, pin: Pin | null, skipped: SkippedPool[]): Route {
    const session = pin && resolveAffinity(pin, query);
    const outcome = session?.outcome ?? 'none';
    if (session?.to) return { outcome, to: session.to, viaFallback: false, pinned: true };
    // The pool that sheds a session does not get it back as a new one.
    const excludedPool: SkippedPool | null =
      pin && outcome === 'shed' ? { poolId: pin.poolId, reason: 'shed' } : null;
    const found = search.find(query, excludedPool, skipped);
    if (found) return { outcome, to: found, viaFallback: false, pinned: false };
    const last = fallback(query, pin);
    const pinned = last?.pinned ?? false;
    return { outcome: pinned ? 'honoured' : outcome, to: last, viaFallback: true, pinned };
  }

  return {
    stateOf: states.of,
    // Runs for every request: objects are spelled out, because spreading costs more than all the rest.
    decide(loadBalancer, asked) {
      const { settings, poolSet, rules, fixedResponse } = applyRules(loadBalancer, asked);
      const context = asked.placeFor
        ? { ...asked, facts: () => asked.facts(), place: asked.placeFor(settings) }
        : asked;
      const policy = policyInForce(settings);
      const candidates = POOL_POLICIES[policy].candidates(settings, context.place);
      const skipped: SkippedPool[] = [];
      if (fixedResponse) {
        const trace: Trace = { poolSet, rules, policy, candidates, skipped, pin: 'none' };
        return { kind: 'fixed_response', loadBalancer, settings, trace, response: fixedResponse };
      }
      const withSessions = settings.affinity !== 'none' && context.sessionSource !== null;
      const pin = withSessions ? sessions.find(loadBalancer, settings, context) : null;
      const query: PoolSearchQuery = { settings, policy, candidates, context, excluded: NONE };
      const { to, outcome, viaFallback, pinned } = route(query, pin, skipped);
      const trace = shared({ poolSet, rules, policy, candidates, skipped, pin: outcome }, loadBalancer);
      if (to === null) return { kind: 'no_pool', loadBalancer, settings, trace };
      return {
        kind: 'plan',
        loadBalancer,
        settings,
        trace,
        pool: to.pool,
        origin: to.origin,
        viaFallback,
        pinned,
        startsSession: withSessions && !pinned,
      };
    },

    alternative(plan, context, tried) {
      const { settings } = plan;
      if (plan.pinned && settings.affinityAttributes.zeroDowntimeFailover === 'none') return null;
      const query = queryExcluding(plan, context, tried);
      const same = sameInPool(plan, query);
      const found = same ?? (settings.failoverAcrossPools ? search.find(query, leave(plan), []) : null);
      return (
        found && {
          ...plan,
          ...found,
          viaFallback: plan.viaFallback && found === same,
          pinned: false,
          startsSession: plan.pinned ? movesSession(settings) : plan.startsSession,
        }
      );
    },

    reselect(plan, context, tried, excludesPool) {
      const query = queryExcluding(plan, context, tried);
      const excludedPool = excludesPool ? leave(plan) : null;
      const same = excludesPool || plan.viaFallback ? null : sameInPool(plan, query);
      const candidate = same ?? search.find(query, excludedPool, []);
      const found =
        candidate ?? (excludedPool?.poolId === plan.settings.fallbackPool ? null : fallback(query, null));
      return (
        found && {
          ...plan,
          pool: found.pool,
          origin: found.origin,
          viaFallback: candidate === null,
          pinned: false,
          startsSession: plan.pinned || plan.startsSession,
        }
      );
    },
  };

  function sameInPool(plan: Plan, query: PoolSearchQuery): Found | null {
    const pool = pools.get(plan.pool.id);
    const group = pool?.enabled ? states.of(pool, query.context.place.region).eligible : null;
    const origin = group && search.pickOrigin(group, query);
    return pool && origin ? { pool, origin } : null;
  }
}

const leave = ({ pool }: Plan): SkippedPool => ({ poolId: pool.id, reason: 'no_eligible_origin' });

/** What the plan came from, less its origin and those that were tried. */
function queryExcluding(
  { settings, trace, origin }: Plan,
  context: RequestContext,
  tried: readonly LiveOrigin[],
): PoolSearchQuery {
  const { policy, candidates } = trace;
  const excluded = [origin, ...tried].map(({ key }) => key);
  return { settings, policy, candidates, context, excluded };
}

/** Sessions behind the values of headers cannot be moved: they return to their origin. */
function movesSession({ affinity, affinityAttributes }: LiveSettings): boolean {
  return affinityAttributes.zeroDowntimeFailover === 'sticky' && affinity !== 'header';
}

/** The sessions of an origin that was disabled may go on for a while. */
function drains({ disabledAt }: LiveOrigin, { affinityAttributes }: LiveSettings, now: number): boolean {
  return disabledAt !== null && now < disabledAt + affinityAttributes.drainDuration * 1_000;
}
