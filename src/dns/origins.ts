import { type Ip, parseIp } from '../net/addresses.js';
import type { Clock } from '../net/clock.js';
import { tunnelBefore } from '../net/hostnames.js';
import type { Location, Locations, Place } from '../net/locations.js';
import type { HealthView } from '../state/health-board.js';
import { NO_LOAD } from '../state/load-board.js';
import type { LiveLoadBalancer, LiveOrigin, LivePool, LiveSettings } from '../state/snapshot.js';
import { type Decision, NO_SESSIONS, type Plan, type RequestContext } from '../steering/contract.js';
import { createSteering, type Steering } from '../steering/decide.js';
import { Failover } from '../steering/failover.js';
import { type Pools, poolViews, withOnly } from '../steering/pool-states.js';
import { policyInForce } from '../steering/rules.js';
import { type DnsQuery, type DnsRequest, RECORD_TYPE } from './query.js';
import type { DnsAnswer } from './reply.js';

interface ChooseOriginParts {
  readonly pools: Pools;
  readonly health: HealthView;
  readonly home: Place;
  readonly locations: Locations;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Steering of one question. */
export interface Choice {
  readonly decision: Decision;
  /** From the plan, for the time when the name of its origin leads nowhere; null without a plan. */
  readonly failover: Failover | null;
}

/** One more name at most: a resolver that gets no answer asks again. */
const FAILOVER_LIMITS = { left: 0, unresolvedInPool: 1, unresolved: 1 };

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
    if (decision.kind !== 'plan') return { decision, failover: null };
    const steering = family === null ? nameable : families[family];
    const narrowed =
      family === null || mayHave(family, decision.origin)
        ? decision
        : steering.decide(insidePoolOf(decision), context);
    if (narrowed.kind !== 'plan') return { decision: narrowed, failover: null };
    // The pools of the load balancer, not the one that the plan was narrowed to.
    const { settings, trace } = decision;
    const plan = { ...narrowed, settings, trace };
    return { decision: plan, failover: new Failover(steering, context, plan, FAILOVER_LIMITS) };
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

/** The address that rules, hashes and load shedding go by: of the client where the query has it, else of the resolver. */
function clientIpOf({ resolverIp, query }: DnsRequest): string {
  return query.edns?.clientSubnet?.ip?.text ?? resolverIp;
}

/**
 * Where a question comes from, by the location strategy: the client subnet where the strategy prefers it and its address is
 * known, otherwise this place, or the resolver's where the mode says so and its address is known. Geo steering takes nothing
 * but the country of a client subnet. The PoP is always the one that answers.
 */
function placeOfRequest(
  home: Place,
  locations: Locations,
  settings: LiveSettings,
  request: DnsRequest,
): Place {
  const { mode, preferEcs } = settings.locationStrategy;
  const policy = policyInForce(settings);
  const subnet = request.query.edns?.clientSubnet?.ip;
  const ofClient =
    subnet && (preferEcs === 'always' || preferEcs === policy) && locations.lookup(subnet.text);
  if (ofClient) return policy === 'geo' ? { ...home, country: ofClient.country } : at(home, ofClient);
  const ofResolver = mode === 'resolver_ip' ? locations.lookup(request.resolverIp) : null;
  return ofResolver ? at(home, ofResolver) : home;
}

const at = (home: Place, location: Location): Place => ({ ...home, ...location });

/** All addresses of a host name; rejects when it has none or nobody can say. */
export type Resolve = (name: string) => Promise<readonly { readonly address: string }[]>;

/** A host name may have hundreds; this many fit into the smallest response. */
const MAX_ADDRESSES = 8;

type RecordFamily = 4 | 6;

export function familyOfType(type: number): RecordFamily | null {
  if (type === RECORD_TYPE.A) return 4;
  return type === RECORD_TYPE.AAAA ? 6 : null;
}

/**
 * Whether DNS can name an origin at all: one in a virtual network, or behind the ingress rules of a tunnel, is nowhere
 * that the client could go.
 */
function isNameable(origin: LiveOrigin): boolean {
  return origin.virtualNetworkId === null && tunnelBefore(origin) === null;
}

/** Whether an origin may have addresses of this family: a host name may have both. */
function mayHave(family: RecordFamily, { ip }: LiveOrigin): boolean {
  return ip === null || parseIp(ip)?.family === family;
}

/**
 * What DNS says of an origin under the question's name. A host name is resolved, or, where the origin says so and the name
 * is not the apex of its zone, named itself. Empty when there is nothing of the asked type; rejects as `resolve` does.
 */
export async function originRecords(
  origin: LiveOrigin,
  query: DnsQuery,
  apex: string,
  { ttl }: LiveSettings,
  resolve: Resolve,
): Promise<DnsAnswer[]> {
  const family = familyOfType(query.type);
  if (origin.ip !== null) return addressRecords(query.name, family, [origin.ip], ttl);
  if (!origin.flattenCname && query.name !== apex) {
    return [{ type: 'CNAME', name: query.name, ttl, data: origin.address }];
  }
  if (family === null) return [];
  const found = await resolve(origin.address);
  return addressRecords(
    query.name,
    family,
    found.map(({ address }) => address),
    ttl,
  );
}

export function addressRecords(
  name: string,
  family: RecordFamily | null,
  addresses: readonly string[],
  ttl: number,
): DnsAnswer[] {
  return addresses
    .map(parseIp)
    .filter((ip): ip is Ip => ip !== null && ip.family === family)
    .slice(0, MAX_ADDRESSES)
    .map(({ text }) => ({ type: family === 4 ? 'A' : 'AAAA', name, ttl, data: text }));
}
