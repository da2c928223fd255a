import type { Duplex } from 'node:stream';
import type { HealthBoard } from '../../state/health-board.js';
import type { LoadBoard } from '../../state/load-board.js';
import type { PassiveHealth } from '../../state/passive-health.js';
import type { Plan } from '../../steering/contract.js';
import type { Failover } from '../../steering/failover.js';
import { DialError, MAX_REDIALS, type OffRamps } from '../../tunnel/egress/contract.js';
import type { OnlyPlan } from '../hosts.js';
import type { RequestHead } from '../http/request-head.js';
import type { OriginTarget } from '../upstream/origin-target.js';
import { ConnectorFault, type OriginFailure, type UpstreamStream } from './contract.js';

interface AttemptServices {
  readonly load: LoadBoard;
  readonly downVerdicts: DownVerdicts;
  readonly passive: PassiveHealth;
  readonly offramps: Pick<OffRamps, 'connectors'>;
}

/** The attempts of one request at origins: the one under way, which is counted and follows verdicts, and what all of them have used up. */
export class OriginAttempts {
  /** Connectors of the tunnel that had no answer of this origin, by client id. */
  failedConnectors: Set<string> | null = null;
  private readonly count: RequestCount;
  private plan: Plan | OnlyPlan | null = null;
  private redials = 0;
  private connectorMoves = 0;

  constructor(
    private readonly services: AttemptServices,
    private readonly request: RequestHead,
    private readonly body: RequestBody,
    /** Hears that the origin of the attempt under way was found down. */
    private readonly listener: DownListener,
  ) {
    this.count = new RequestCount(services.load);
  }

  begin(plan: Plan | OnlyPlan): void {
    this.plan = plan;
    this.count.start(plan);
    this.services.downVerdicts.follow(plan.pool.id, plan.origin.key, this.listener);
  }

  /** The request has nothing to do with the origin any more. */
  end(): void {
    this.count.end();
    this.failedConnectors = null;
    this.unfollow();
  }

  /** The request has become an upgraded connection, and counts as long as that lives. */
  upgraded(socket: Duplex): void {
    this.unfollow();
    socket.once('close', () => this.count.end());
  }

  private unfollow(): void {
    const { plan } = this;
    this.plan = null;
    if (plan) this.services.downVerdicts.unfollow(plan.pool.id, plan.origin.key, this.listener);
  }

  /** The origin has begun to answer. */
  answered(): void {
    if (this.plan) this.services.passive.answered(this.plan.origin.key);
  }

  /** The same origin is asked again. */
  redialled(): void {
    this.redials += 1;
  }

  /** What the rules of retries go by. */
  failed(
    failure: OriginFailure,
    cause: Error,
    target: OriginTarget,
    how: Pick<FailedAttempt, 'unanswered' | 'reused'>,
  ): FailedAttempt {
    // On a connection that was there before, such a failure says nothing about the origin.
    if (isUnreached(failure) && !how.reused) this.services.passive.failed(target.origin.key);
    const dialFailure = cause instanceof DialError ? cause.failure : null;
    return {
      failure,
      method: this.request.method,
      replayable: this.body.replayable,
      tunnelLost: failure === 'invalid_response' && dialFailure !== null,
      tunnelAway: isTunnelAway(cause),
      otherConnector: cause instanceof ConnectorFault && this.hasOtherConnector(cause, target),
      redials: this.redials,
      ...how,
    };
  }

  /** Whether the request may go elsewhere although its attempt has not failed; null for `stream`: nothing was sent. */
  mayLeave(stream: UpstreamStream | null): boolean {
    return mayLeaveUnanswered({
      method: this.request.method,
      replayable: this.body.replayable,
      sent: stream !== null,
      unanswered: !stream?.answered,
    });
  }

  /** As `mayLeave`, for a connector; true takes one of the moves that a request has. */
  leaveConnector(stream: UpstreamStream): boolean {
    if (this.connectorMoves >= MAX_CONNECTOR_MOVES || !this.mayLeave(stream)) return false;
    this.connectorMoves += 1;
    return true;
  }

  /** Whether the tunnel has a connector that has not failed with this request. */
  private hasOtherConnector({ clientId }: ConnectorFault, { origin, port }: OriginTarget): boolean {
    this.failedConnectors ??= new Set();
    this.failedConnectors.add(clientId);
    return this.services.offramps
      .connectors(origin, port, this.request.host)
      .some((connector) => !this.failedConnectors!.has(connector.clientId));
  }
}

/** Counts one request for the origin that it is under way to: one at a time, and in the end none. */
class RequestCount {
  private counted: Plan | OnlyPlan | null = null;

  constructor(private readonly load: LoadBoard) {}

  start(plan: Plan | OnlyPlan): void {
    this.counted = plan;
    this.load.requestStarted(plan.pool.id, plan.origin.key);
  }

  end(): void {
    const { counted } = this;
    this.counted = null;
    if (counted) this.load.requestEnded(counted.pool.id, counted.origin.key);
  }
}

/** RFC 9110 section 9.2.2: sending them twice has the effect of sending them once. */
const IDEMPOTENT_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Failures of a connection that could not be made: 521, 522, 523, 525 and 526. */
const UNREACHED: ReadonlySet<OriginFailure> = new Set([
  'refused',
  'connect_timeout',
  'unreachable',
  'tls_handshake',
  'tls_certificate',
]);

/**
 * The documented triggers of zero-downtime failover, which are these, and a tunnel's hostname to which nothing leads. In all of them the
 * request was not sent.
 */
const FAILOVER_FAILURES: ReadonlySet<OriginFailure> = new Set([...UNREACHED, 'no_ingress']);

/** So often a request leaves a connector that was found not to reach its origin: more often says that the origin is slow. */
const MAX_CONNECTOR_MOVES = 2;

/** An attempt that ended before the head of a response was forwarded. */
export interface FailedAttempt {
  readonly failure: OriginFailure;
  readonly method: string;
  /** All of the request body that was read is still here. */
  readonly replayable: boolean;
  /** The origin sent nothing, not one byte. */
  readonly unanswered: boolean;
  /** The connection had served another request before. */
  readonly reused: boolean;
  /** The tunnel connection below was lost: another one, of the same connector or of another, may lead to the origin. */
  readonly tunnelLost: boolean;
  /** The tunnel to the origin has no connection at all: it was known at once, or the last one was lost during the dial. */
  readonly tunnelAway: boolean;
  /** A connector had no answer to pass on, and its tunnel has another one that has not been asked. */
  readonly otherConnector: boolean;
  /** How often the same origin was asked again before. */
  readonly redials: number;
}

/**
 * Whether the same origin is asked again, on a fresh connection or through another connector. A connection at rest may be closed by the origin in the
 * very moment in which it is used again; that says nothing about the origin's health and does not count as the retry. No
 * more does a connector that goes.
 * On a connection that is there, `refused` is HTTP/2's word for a request that was not looked at.
 */
export function asksSameOriginAgain(attempt: FailedAttempt): boolean {
  const { reused, tunnelLost, failure, replayable } = attempt;
  if (attempt.redials >= MAX_REDIALS) return false;
  const refused = reused && failure === 'refused' && replayable;
  if (attempt.otherConnector && failedBehindConnector(attempt)) return true;
  return refused || ((reused || tunnelLost) && wasLostUnanswered(attempt));
}

/**
 * Whether another origin may be asked. Beyond the documented triggers: an idempotent request that was lost without one
 * byte of a response, so that an origin that dies takes no such request with it.
 */
function mayTryAnotherOrigin(attempt: FailedAttempt): boolean {
  if (wasLostUnanswered(attempt) || failedBehindConnector(attempt)) return true;
  return attempt.replayable && FAILOVER_FAILURES.has(attempt.failure);
}

/** Has the request go to another origin; false when the failure is what the client gets. */
export function moveOn(
  choice: Pick<Failover, 'retry' | 'leave' | 'reselect'>,
  attempt: FailedAttempt,
): boolean {
  if (hasNoAddress(attempt.failure)) return attempt.replayable && choice.reselect();
  // No failure of this origin alone: the next one may be behind the tunnel, too, and the retry is for later.
  if (attempt.tunnelAway) return attempt.replayable && choice.leave();
  return mayTryAnotherOrigin(attempt) && choice.retry();
}

/** Whether the origin could not be connected to. */
export const isUnreached = (failure: OriginFailure) => UNREACHED.has(failure);

/** Whether the origin has no address that may be dialled. */
export const hasNoAddress = (failure: OriginFailure) =>
  failure === 'unknown_host' || failure === 'prohibited';

/** Whether the tunnel to the origin has no connection at all: it was known at once, or the last one was lost during the dial. */
export const isTunnelAway = (cause: Error) => cause instanceof DialError && cause.failure === 'no_connection';

/**
 * Whether a request that waits for an origin may leave it before its attempt has failed, because health checks have found the
 * origin down or because its connector does not reach it: either nothing was sent, or sending it twice does no harm and not one
 * byte of a response has come.
 */
function mayLeaveUnanswered(
  attempt: Pick<FailedAttempt, 'method' | 'replayable' | 'unanswered'> & { readonly sent: boolean },
): boolean {
  const { method, replayable, unanswered, sent } = attempt;
  return replayable && (!sent || (unanswered && IDEMPOTENT_METHODS.has(method)));
}

function wasLostUnanswered({ failure, method, replayable, unanswered }: FailedAttempt): boolean {
  return failure === 'invalid_response' && unanswered && replayable && IDEMPOTENT_METHODS.has(method);
}

/** The connector says that it got no answer, not how far the request came: cloudflared tells no refusal from a reset. */
function failedBehindConnector({ failure, method, replayable }: FailedAttempt): boolean {
  return failure === 'connector_failed' && replayable && IDEMPOTENT_METHODS.has(method);
}

/** Of a body that trickles in byte by byte, the objects would take far more memory than the bytes. */
const MAX_PIECES = 256;

/** The part of a request body that was read and may be needed once more, for another origin. */
export class RequestBody {
  /** In order; empty when there is no body, or when it is too long to be kept. */
  pieces: Buffer[] = [];
  /** The client has sent the last byte. */
  complete: boolean;
  /** Nothing of what was read has been given up. */
  replayable = true;
  private bytes = 0;

  constructor(
    expected: boolean,
    private readonly limit: number,
  ) {
    this.complete = !expected;
  }

  get overLimit(): boolean {
    return this.bytes > this.limit || this.pieces.length > MAX_PIECES;
  }

  keep(piece: Buffer): void {
    if (!this.replayable) return;
    this.pieces.push(piece);
    this.bytes += piece.length;
  }

  /** Once an origin has it all, a body that is too long is not kept any longer. */
  forgetIfOverLimit(): void {
    if (!this.overLimit) return;
    this.replayable = false;
    this.pieces = [];
  }
}

/** Somebody who waits for an origin, or uses it. */
export interface DownListener {
  /** Health checks have found the origin down. */
  originDown(): void;
}

/** Who must hear when health checks find an origin of a pool down, by that origin. */
export interface DownVerdicts {
  /** From now on, until `unfollow`. */
  follow(poolId: string, originKey: string, listener: DownListener): void;
  unfollow(poolId: string, originKey: string, listener: DownListener): void;
}

/** Moving a request costs about as much as a new one: between so many, everything else on the thread gets its turn. */
const LISTENERS_PER_TURN = 64;

/** Tells each listener of an origin once for each time that the origin turns unhealthy, soon but not at once. */
export function createDownVerdicts(health: Pick<HealthBoard, 'onDown'>): DownVerdicts {
  /** By pool and origin; never holds an empty map or set. */
  const followers = new Map<string, Map<string, Set<DownListener>>>();
  const of = (poolId: string, originKey: string) => followers.get(poolId)?.get(originKey);

  health.onDown((poolId, originKey) => {
    const concerned = of(poolId, originKey);
    if (concerned) tell(poolId, originKey, [...concerned], 0);
  });

  function tell(poolId: string, originKey: string, listeners: readonly DownListener[], from: number): void {
    setImmediate(() => {
      const end = from + LISTENERS_PER_TURN;
      for (const listener of listeners.slice(from, end))
        if (of(poolId, originKey)?.has(listener)) listener.originDown();
      if (end < listeners.length) tell(poolId, originKey, listeners, end);
    });
  }

  return {
    follow(poolId, originKey, listener) {
      let origins = followers.get(poolId);
      if (origins === undefined) {
        origins = new Map();
        followers.set(poolId, origins);
      }
      const known = origins.get(originKey);
      if (known) known.add(listener);
      else origins.set(originKey, new Set([listener]));
    },
    unfollow(poolId, originKey, listener) {
      const origins = followers.get(poolId);
      const known = origins?.get(originKey);
      if (!known?.delete(listener) || known.size > 0) return;
      origins!.delete(originKey);
      if (origins!.size === 0) followers.delete(poolId);
    },
  };
}
