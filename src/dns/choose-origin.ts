import type { HealthView } from '../live/health-board.js';
import { NO_LOAD } from '../live/load-board.js';
import type { LiveLoadBalancer, LivePool } from '../live/snapshot.js';
import type { Clock } from '../net/clock.js';
import type { Locations } from '../net/locations.js';
import type { Place } from '../net/place.js';
import { type Decision, NO_SESSIONS, type Plan, type RequestContext } from '../steering/contract.js';
import { createSteering, type Steering } from '../steering/decide.js';
import { poolViews, withOnly } from '../steering/pool-states.js';
import { familyOfType, isNameable, mayHave, type RecordFamily } from './origin-records.js';
import { clientIpOf, type DnsRequest, placeOfRequest } from './vantage.js';

export interface ChooseOriginParts {
  readonly pools: ReadonlyMap<string, LivePool>;
  readonly health: HealthView;
  readonly home: Place;
  readonly locations: Locations;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Steering of one question, and of the second try when the name of the first origin leads nowhere. */
export interface Choice {
  readonly decision: Decision;
  /** The plan anew, with its origin excluded as one that has no address; null when nothing is left. */
  reselect(plan: Plan): Plan | null;
}

const NO_SHEDDING: LivePool['loadShedding'] = {
  defaultPercent: 0,
  defaultPolicy: 'random',
  sessionPercent: 0,
};

/**
 * Steers questions of DNS. The pool is chosen as for any other request, so that the questions for both families of addresses
 * lead to the same pool; inside it only origins that may have an address of the family are taken.
 */
export function createChooseOrigin(
  parts: ChooseOriginParts,
): (loadBalancer: LiveLoadBalancer, request: DnsRequest) => Choice {
  const { pools, health } = parts;
  const over = (viewOf: (pool: LivePool) => LivePool): Steering =>
    createSteering({ pools: poolViews(pools, viewOf), health, load: NO_LOAD, sessions: NO_SESSIONS });
  const nameable = over((pool) => withOnly(pool, isNameable));
  const ofFamily = (family: RecordFamily): Steering =>
    over((pool) => ({
      ...withOnly(pool, (origin) => isNameable(origin) && mayHave(family, origin)),
      // Whether the pool takes the question has been decided.
      loadShedding: NO_SHEDDING,
    }));
  const families: Record<RecordFamily, Steering> = { 4: ofFamily(4), 6: ofFamily(6) };

  return (loadBalancer, request) => {
    const context = contextOf(parts, loadBalancer, request);
    const family = familyOfType(request.query.type);
    const decision = nameable.decide(loadBalancer, context);
    if (family === null || decision.kind !== 'plan') {
      return { decision, reselect: (plan) => nameable.reselect(plan, context, [], false) };
    }
    const steering = families[family];
    const narrowed = mayHave(family, decision.origin)
      ? decision
      : steering.decide(insidePoolOf(decision), context);
    // The pools of the load balancer, not the one that the plan was narrowed to.
    const { settings, trace } = decision;
    return {
      decision: narrowed,
      reselect: (plan) => steering.reselect({ ...plan, settings, trace }, context, [], false),
    };
  };
}

/** A load balancer with no choice but the plan's pool. */
function insidePoolOf({ loadBalancer, settings, pool, viaFallback }: Plan): LiveLoadBalancer {
  return {
    ...loadBalancer,
    poolSets: [],
    rules: [],
    settings: {
      ...settings,
      pools: [pool.id],
      steeringPolicy: 'off',
      // As fallback its health does not count, otherwise it does.
      fallbackPool: viaFallback ? pool.id : '',
    },
  };
}

function contextOf(
  parts: ChooseOriginParts,
  loadBalancer: LiveLoadBalancer,
  request: DnsRequest,
): RequestContext {
  const { home, locations, clock, random } = parts;
  const { query } = request;
  const clientIp = clientIpOf(request);
  const place = placeOfRequest(home, locations, loadBalancer.settings, request);
  return {
    clientIp,
    random,
    now: clock.now(),
    place,
    placeFor: (settings) => placeOfRequest(home, locations, settings, request),
    facts: () => ({
      loadBalancer: loadBalancer.name,
      region: place.region,
      clientIp,
      http: null,
      dns: {
        name: `${query.name}.`,
        type: query.type,
        unicast: query.unicast,
        clientSubnet: query.edns?.clientSubnet?.ip?.text ?? null,
      },
    }),
    sessionSource: null,
  };
}
