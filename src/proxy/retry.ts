import { MAX_REDIALS } from '../tunnel/egress/contract.js';
import type { OriginFailure } from './errors.js';

/** RFC 9110 section 9.2.2: sending them twice has the effect of sending them once. */
const IDEMPOTENT_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * The documented triggers of zero-downtime failover, 521, 522, 523, 525 and 526, and a tunnel's hostname to which nothing
 * leads. In all of them the request was not sent.
 */
const FAILOVER_FAILURES: ReadonlySet<OriginFailure> = new Set([
  'refused',
  'connect_timeout',
  'unreachable',
  'tls_handshake',
  'tls_certificate',
  'no_ingress',
]);

/** So many origins a request, or the dial of a TCP connection, leaves because they are known to be down or cut off: all were healthy when they were chosen. */
export const MAX_ORIGINS_LEFT = 20;

/** So often a request leaves a connector that was found not to reach its origin: more often says that the origin is slow. */
export const MAX_CONNECTOR_MOVES = 2;

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
export function mayTryAnotherOrigin(attempt: FailedAttempt): boolean {
  if (wasLostUnanswered(attempt) || failedBehindConnector(attempt)) return true;
  return attempt.replayable && FAILOVER_FAILURES.has(attempt.failure);
}

/**
 * Whether a request that waits for an origin may leave it before its attempt has failed, because health checks have found the
 * origin down or because its connector does not reach it: either nothing was sent, or sending it twice does no harm and not one
 * byte of a response has come.
 */
export function mayLeaveUnanswered(
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
