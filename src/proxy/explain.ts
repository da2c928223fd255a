import type {
  ChosenOrigin,
  ExplainQuestion,
  Explanation,
  Named,
  OriginExplanation,
  PoolExplanation,
  WayExplanation,
} from '../bridge/reports.js';
import type { TrafficFaults } from '../faults/traffic-faults.js';
import { faultedPlace } from '../faults/under-faults.js';
import { type Clock, realTime } from '../net/clock.js';
import type { Place } from '../net/locations.js';
import { systemRandom } from '../net/random.js';
import type { HealthView } from '../state/health-board.js';
import { isMonitored, originState } from '../state/pool-health.js';
import type { LiveLoadBalancer, LiveOrigin, LivePool, Snapshot } from '../state/snapshot.js';
import type { Decision, Plan, RequestContext, SkippedPool } from '../steering/contract.js';
import type { Steering } from '../steering/decide.js';
import type { OffRamps } from '../tunnel/egress/contract.js';
import { failureOfDial } from './exchange/contract.js';
import { isLoop } from './exchange/destination.js';
import { EDGE_ERRORS, type EdgeError, refusal } from './exchange/own-answers.js';
import { type ClientLocations, clientLocation, HttpRequestContext } from './exchange/request-context.js';
import { type HostIndex, isPublished, type PublishedHostname } from './hosts.js';
import { type RequestHead, readRequestHead } from './http/request-head.js';
import { Malformed } from './http/syntax.js';
import { DEFAULT_LIMITS } from './limits.js';
import { type OriginTarget, originTarget } from './upstream/origin-target.js';

interface ExplainParts {
  readonly snapshot: Pick<Snapshot, 'pools' | 'tunnels' | 'routes'>;
  readonly hosts: HostIndex;
  readonly health: HealthView;
  readonly offramps: Pick<OffRamps, 'select' | 'connectors'>;
  /** One whose sessions are only looked at. */
  readonly steering: Pick<Steering, 'decide' | 'stateOf'>;
  readonly places: ClientLocations;
  readonly clock: Pick<Clock, 'now'>;
  readonly faults?: Pick<TrafficFaults, 'namesFor'>;
}

type PoolParts = {
  readonly snapshot: Pick<Snapshot, 'pools'>;
  readonly health: HealthView;
  readonly steering: Pick<Steering, 'stateOf'>;
};

type Explain = (question: ExplainQuestion) => Explanation;

/** Makes what answers "where would this request go, and why?", by the same steps as traffic and without a trace of it. */
export function createExplain(parts: ExplainParts): Explain {
  return (question) => {
    const head = readHead(question);
    if ('status' in head) return unsteered(question, parts, head);
    const place = clientLocation(parts.places, head, question.clientIp);
    const host = isLoop(head.cdnLoop) ? undefined : parts.hosts.match(head.host);
    if (!host) {
      const error = isLoop(head.cdnLoop) ? EDGE_ERRORS.loop : EDGE_ERRORS.unknown_load_balancer;
      return unsteered({ ...question, authority: head.host }, parts, error);
    }
    if (isPublished(host)) return published(parts, host, head, question.clientIp, place);
    const client = {
      identity: { ip: question.clientIp, peerIp: question.clientIp },
      version: 'HTTP/1.1',
    } as const;
    const context = new HttpRequestContext(
      host,
      client,
      head,
      place,
      parts.clock.now(),
      systemRandom.fraction,
    );
    return explained(parts, host, head, context);
  };
}

/** As if it had been sent; the error that its sender would get when it cannot be read. */
function readHead(question: ExplainQuestion): RequestHead | EdgeError {
  const { method, target, authority, headers } = question;
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  try {
    const text = `${method} ${target} HTTP/1.1\r\nHost: ${authority}\r\n${fields}`;
    return readRequestHead(text, DEFAULT_LIMITS.fieldCount);
  } catch (error) {
    if (error instanceof Malformed) return refusal(error.status, error.message);
    throw error;
  }
}

function unsteered(
  { authority, clientIp }: ExplainQuestion,
  { places }: ExplainParts,
  { status, code, text }: EdgeError,
): Explanation {
  return {
    ...NOTHING_STEERED,
    outcome: 'error',
    host: authority,
    clientIp,
    place: places.placeOf(clientIp),
    error: { status, code, text },
  };
}

const NOTHING_STEERED = {
  loadBalancer: null,
  publishedHostname: null,
  decision: null,
  affinity: null,
  candidates: [],
  fallback: null,
  chosen: null,
  fixedResponse: null,
} as const;

function published(
  parts: ExplainParts,
  { id, name, plan }: PublishedHostname,
  head: RequestHead,
  clientIp: string,
  place: Place,
): Explanation {
  const chosen = chosenOrigin(parts, { ...plan, viaFallback: false, pinned: false }, head, clientIp);
  return {
    ...NOTHING_STEERED,
    outcome: 'origin',
    host: head.host,
    clientIp,
    place,
    publishedHostname: { id, name },
    chosen: { ...chosen.origin, pool: null },
    error: chosen.error,
  };
}

function explained(
  parts: ExplainParts,
  loadBalancer: LiveLoadBalancer,
  head: RequestHead,
  context: RequestContext,
): Explanation {
  const { id, name, proxied } = loadBalancer;
  const decision = parts.steering.decide(loadBalancer, context);
  const { settings, trace } = decision;
  // Chance has no part in pool sets and rules, which may be slow: what they have made of the request is sampled.
  const ruled: LiveLoadBalancer = { ...loadBalancer, settings, poolSets: [], rules: [] };
  const shares =
    decision.kind === 'fixed_response'
      ? NO_SHARES
      : sampleShares(context, (other) => parts.steering.decide(ruled, other));
  const pool = (poolId: string) => explainPool(poolId, parts, context, trace.skipped, shares);
  const chosen = decision.kind === 'plan' ? chosenOrigin(parts, decision, head, context.clientIp) : null;
  return {
    outcome: decision.kind === 'plan' ? 'origin' : decision.kind === 'no_pool' ? 'error' : decision.kind,
    host: head.host,
    clientIp: context.clientIp,
    place: context.place,
    loadBalancer: { id, name, proxied },
    publishedHostname: null,
    decision: trace,
    affinity: settings.affinity,
    candidates: trace.candidates.map(pool),
    fallback: decision.kind === 'fixed_response' ? null : pool(settings.fallbackPool),
    chosen: chosen?.origin ?? null,
    fixedResponse:
      decision.kind === 'fixed_response'
        ? { status: decision.response.status, location: decision.response.location }
        : null,
    error: decision.kind === 'no_pool' ? EDGE_ERRORS.no_pool : (chosen?.error ?? null),
  };
}

/** With the error that the attempt would end in, when there is no way to the origin. */
function chosenOrigin(
  parts: ExplainParts,
  plan: Pick<Plan, 'origin' | 'viaFallback' | 'pinned' | 'startsSession'> & { readonly pool: Named },
  head: RequestHead,
  clientIp: string,
): { readonly origin: ChosenOrigin; readonly error: EdgeError | null } {
  const { pool, origin, viaFallback, pinned, startsSession } = plan;
  const target = originTarget(origin, head.host, pool.id);
  const place = faultedPlace(parts.offramps, origin, target.tunnelId === null ? target.port : null, pool.id);
  const { way, error } = wayTo(parts, target, origin.host ?? head.authority);
  return {
    origin: {
      pool: { id: pool.id, name: pool.name },
      origin: {
        name: origin.name,
        address: origin.address,
        port: target.port,
      },
      viaFallback,
      pinned,
      startsSession,
      way,
      faults: parts.faults?.namesFor(place, clientIp) ?? [],
    },
    error,
  };
}

function wayTo(
  { offramps, snapshot }: ExplainParts,
  target: OriginTarget,
  authority: string,
): { readonly way: WayExplanation; readonly error: EdgeError | null } {
  const way = offramps.select(target.origin);
  const none = { tunnel: null, route: null, detail: null, avoided: [] };
  if (way.kind === 'direct') return { way: { ...none, kind: 'direct' }, error: null };
  if (way.kind === 'none') {
    const error = EDGE_ERRORS[failureOfDial(way.failure, target)];
    return { way: { ...none, kind: 'none', detail: way.detail }, error };
  }
  const { kind, tunnelId } = way;
  const tunnel = { id: tunnelId, name: snapshot.tunnels.get(tunnelId)?.name ?? '' };
  const avoided = offramps
    .connectors(target.origin, target.port, authority)
    .flatMap(({ clientId, avoided: reason }) => (reason === null ? [] : [{ clientId, reason }]));
  if (kind === 'ingress') return { way: { ...none, kind, tunnel, avoided }, error: null };
  const route = snapshot.routes.get(way.routeId);
  return {
    way: { ...none, kind, tunnel, avoided, route: route ? { id: route.id, network: route.network } : null },
    error: null,
  };
}

/** What stands for and against a pool and each of its origins in this request. */
export function explainPool(
  id: string,
  { snapshot, health, steering }: PoolParts,
  { place }: RequestContext,
  skipped: readonly SkippedPool[],
  shares: Shares,
): PoolExplanation {
  const pool = snapshot.pools.get(id);
  const state = pool && steering.stateOf(pool, place.region);
  const share = shares.ofPool(id);
  const reason = skipped.find(({ poolId }) => poolId === id)?.reason;
  // Shedding by chance turns away some: the share says how many.
  const passedOver = reason === 'shed' && share > 0 ? undefined : reason;
  return {
    id,
    name: pool?.name ?? null,
    // Those that steering did not come to, because one before them took the request, have a state as well.
    state: state ? (passedOver ?? state.unavailable ?? 'available') : 'missing',
    share,
    origins: (pool?.origins ?? []).map((origin) => ({
      ...explainOrigin(pool!, origin, health, place.region, state!),
      share: share > 0 ? shares.ofOrigin(id, origin.key) / share : 0,
    })),
  };
}

function explainOrigin(
  pool: LivePool,
  origin: LiveOrigin,
  health: HealthView,
  region: string,
  { eligible: chosenFrom, leftOut }: ReturnType<Steering['stateOf']>,
): Omit<OriginExplanation, 'share'> {
  const { key, name, address, enabled, weight } = origin;
  const state = isMonitored(pool) && enabled ? (originState(pool, key, health, region) ?? 'unknown') : null;
  const eligible = chosenFrom?.origins.includes(origin) === true && !leftOut.includes(origin);
  const reason = eligible ? null : (reasonAgainst(enabled, weight, state) ?? 'left_out');
  const detail = state === 'unhealthy' ? (health.origin(pool.id, key)?.failureDetail ?? null) : null;
  return { name, address, eligible, reason, health: state, detail, weight };
}

function reasonAgainst(
  enabled: boolean,
  weight: number,
  state: OriginExplanation['health'],
): OriginExplanation['reason'] {
  if (!enabled) return 'disabled';
  if (state === 'unhealthy') return 'unhealthy';
  if (state === 'unknown') return 'not_checked_yet';
  return weight > 0 ? null : 'weight_0';
}

/** How requests like this one are spread at this moment, each as a part of all, 0 to 1. */
interface Shares {
  ofPool(poolId: string): number;
  ofOrigin(poolId: string, originKey: string): number;
}

/** Of a request that no pool gets. */
export const NO_SHARES: Shares = { ofPool: () => 0, ofOrigin: () => 0 };

const SAMPLES = 1_000;
/** Many pools take long to order, and traffic waits meanwhile: after this time a hundred must do. */
const PATIENCE_MS = 25;
const FEWEST_SAMPLES = 100;
/** The fractions of square roots of primes: multiples of each spread evenly, and those of different ones independently. */
const STEPS = [2, 3, 5, 7, 11, 13, 17, 19].map((prime) => Math.sqrt(prime) % 1);

/** By asking many times with evenly spread chances: the same for every policy, and no policy has to tell its formula. */
function sampleShares(context: RequestContext, decide: (context: RequestContext) => Decision): Shares {
  const pools = new Map<string, number>();
  const origins = new Map<string, number>();
  const until = realTime.monotonic() + PATIENCE_MS;
  let samples = 0;
  let draws = 0;
  const random = () => {
    const step = STEPS[draws++ % STEPS.length]!;
    return (0.5 + (samples + Math.floor(draws / STEPS.length)) * step) % 1;
  };
  const other: RequestContext = { ...context, facts: () => context.facts(), random };
  while (samples < SAMPLES && (samples < FEWEST_SAMPLES || realTime.monotonic() < until)) {
    draws = 0;
    const decision = decide(other);
    samples += 1;
    if (decision.kind !== 'plan') continue;
    count(pools, decision.pool.id);
    count(origins, originOf(decision.pool.id, decision.origin.key));
  }
  return {
    ofPool: (poolId) => (pools.get(poolId) ?? 0) / samples,
    ofOrigin: (poolId, originKey) => (origins.get(originOf(poolId, originKey)) ?? 0) / samples,
  };
}

const originOf = (poolId: string, originKey: string) => `${poolId} ${originKey}`;

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
