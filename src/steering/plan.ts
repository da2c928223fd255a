import type { SteeringPolicy } from '../domain/policies.js';
import type {
  LiveFixedResponse,
  LiveLoadBalancer,
  LiveOrigin,
  LivePool,
  LiveSettings,
} from '../live/snapshot.js';

/** Why a pool gets no request. */
export type PoolUnavailable =
  /** The load balancer names a pool that is not in the snapshot. */
  | 'missing'
  | 'disabled'
  /** Fewer healthy enabled origins than `minimumOrigins`. */
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
export interface FixedAnswer extends Outcome {
  readonly kind: 'fixed_response';
  readonly response: LiveFixedResponse;
}

/** No candidate is available and the fallback pool is missing, disabled, or has no enabled origin with a weight. */
export interface NoPool extends Outcome {
  readonly kind: 'no_pool';
}

export type Decision = Plan | FixedAnswer | NoPool;
