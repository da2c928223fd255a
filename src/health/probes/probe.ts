import type { SecureContext } from 'node:tls';
import type { FailureReason } from '../../live/health-board.js';
import type { LiveMonitor, LiveOrigin } from '../../live/snapshot.js';
import type { Clock } from '../../net/clock.js';
import type { OffRamps, OriginPlace } from '../../offramps/contract.js';

/** What is probed, and how. */
export interface ProbeTarget {
  readonly poolId: string;
  readonly origin: LiveOrigin;
  readonly monitor: LiveMonitor;
}

/** Where a probe goes: to the origin of the target, or where that has sent it. */
export interface ProbedPlace {
  readonly poolId: string;
  readonly origin: OriginPlace;
}

/** What a probe works with. */
export interface ProbeDependencies {
  readonly offramps: OffRamps;
  /** Checks are dated by it. */
  readonly clock: Clock;
  /** By which peers are timed. */
  readonly real: Clock;
  /** The certificate authorities that https probes trust. */
  readonly trust: SecureContext;
}

export interface ProbeResult {
  readonly passed: boolean;
  /** `No failures` exactly when passed. */
  readonly reason: FailureReason;
  /** What was found out in words, such as which connector could not reach it; null when the reason says it all. */
  readonly detail: string | null;
  /** 0 when there was no HTTP answer. */
  readonly responseCode: number;
  /** Milliseconds until the origin had connected (tcp) or sent the first byte of its answer (http, https). */
  readonly rttMs: number | null;
}

/**
 * One attempt. A negative answer is a result; what goes wrong on the way is a rejection with a ProbeFailure or a
 * DialError. When `signal` is aborted it lets go of every socket at once; it also is after the attempt, on every path.
 */
export type Probe = (
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  signal: AbortSignal,
) => Promise<ProbeResult>;

/** Ends an attempt with this reason. */
export class ProbeFailure extends Error {
  override readonly name = 'ProbeFailure';
  constructor(
    readonly reason: FailureReason,
    options?: ErrorOptions & { readonly detail?: string },
  ) {
    super(options?.detail ?? reason, options);
  }
}

export function failed(
  reason: FailureReason,
  responseCode = 0,
  rttMs: number | null = null,
  detail: string | null = null,
): ProbeResult {
  return { passed: false, reason, detail, responseCode, rttMs };
}

export function passed(responseCode: number, rttMs: number): ProbeResult {
  return { passed: true, reason: 'No failures', detail: null, responseCode, rttMs };
}
