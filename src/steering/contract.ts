import type { SteeringPolicy } from '../domain/policies.js';
import type { Facts } from '../expressions/facts.js';
import type { Place } from '../net/locations.js';
import type {
  LiveFixedResponse,
  LiveLoadBalancer,
  LiveOrigin,
  LivePool,
  LiveSettings,
} from '../state/snapshot.js';

/** One request, as far as steering may look at it. */
export interface RequestContext {
  /** Canonical text: the same client must always be spelled the same way. */
  readonly clientIp: string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Unix milliseconds. */
  readonly now: number;
  readonly place: Place;
  /**
   * Where pools are chosen from, when that depends on what pool sets and rules have made of the settings: in DNS a location
   * strategy says so. Without it, `place`.
   */
  readonly placeFor?: (settings: LiveSettings) => Place;
  /** What the conditions of rules are about; made on the first use. */
  facts(): Facts;
  /** What sessions are told from; null where there are none, as in DNS and TCP. */
  readonly sessionSource: SessionSource | null;
}

/** The fields of a request that a session can be told from. */
export interface SessionSource {
  /** The value of a cookie; undefined without it. */
  cookie(name: string): string | undefined;
  /** The whole Cookie header; undefined without one. */
  cookies(): string | undefined;
  /** The value of a header by its lower-case name, several joined with `, `; undefined without it. */
  header(name: string): string | undefined;
}

/** The origin that a session keeps to. */
export interface Pin {
  readonly poolId: string;
  readonly originKey: string;
}

/** Session affinity: which origin a request is pinned to, and how one becomes so. */
export interface Sessions {
  /** The pin that the request carries; null when it carries none, or none that is good. */
  find(loadBalancer: LiveLoadBalancer, settings: LiveSettings, context: RequestContext): Pin | null;
  /**
   * Pins the session of the request to an origin. Returns the value of the Set-Cookie header that its response must have;
   * null when the session needs none.
   */
  pin(
    loadBalancer: LiveLoadBalancer,
    settings: LiveSettings,
    context: RequestContext,
    pin: Pin,
  ): string | null;
}

/** Where no sessions are kept. */
export const NO_SESSIONS: Sessions = { find: () => null, pin: () => null };

/** Why a pool gets no request. */
export type PoolUnavailable =
  /** The load balancer names a pool that is not in the snapshot. */
  | 'missing'
  | 'disabled'
  /** Fewer healthy (or unmonitored) enabled origins than `minimumOrigins`. */
  | 'unhealthy'
  /** No origin is enabled, weighs more than 0 and is healthy or unmonitored. */
  | 'no_eligible_origin'
  /** Load shedding turns this request away. */
  | 'shed';

export interface SkippedPool {
  readonly poolId: string;
  readonly reason: PoolUnavailable;
}

/** Session affinity of a request: a hit (`honoured`, the name that the API shows), or why it is a miss. */
export type AffinityOutcome =
  /** There is no affinity, or the request carries no session that is good. */
  | 'none'
  | 'honoured'
  /** Its pool takes no part in this request, is disabled or gone. */
  | 'pool_gone'
  /** Its origin is gone, or was disabled and its time to drain is over. */
  | 'origin_gone'
  | 'origin_unhealthy'
  | 'shed';

/** Why a request went where it went: the same for traffic, for explanations and for the log of requests. */
export interface Trace {
  /** The pool set that matched. */
  readonly poolSet: string | null;
  /** The rules that matched, in order. */
  readonly rules: readonly string[];
  readonly policy: SteeringPolicy;
  /** In the order of the configuration. */
  readonly candidates: readonly string[];
  /** Those that were looked at and could not serve. */
  readonly skipped: readonly SkippedPool[];
  readonly pin: AffinityOutcome;
}

interface Outcome {
  readonly loadBalancer: LiveLoadBalancer;
  /** After pool sets and rules. */
  readonly settings: LiveSettings;
  readonly trace: Trace;
}

/** Where one request goes. */
export interface Plan extends Outcome {
  readonly kind: 'plan';
  readonly pool: LivePool;
  readonly origin: LiveOrigin;
  /** No candidate was available, so the fallback pool serves, whatever its health. */
  readonly viaFallback: boolean;
  /** The request belongs to a session of this origin. */
  readonly pinned: boolean;
  /** A session with this origin begins with the response. */
  readonly startsSession: boolean;
}

/** A pool set or a rule answers by itself. */
interface FixedAnswer extends Outcome {
  readonly kind: 'fixed_response';
  readonly response: LiveFixedResponse;
}

/** No candidate is available and the fallback pool is missing, disabled, or has no enabled origin with a weight. */
interface NoPool extends Outcome {
  readonly kind: 'no_pool';
}

export type Decision = Plan | FixedAnswer | NoPool;
