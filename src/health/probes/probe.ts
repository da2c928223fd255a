import type { SecureContext } from 'node:tls';
import type { Clock } from '../../net/clock.js';
import type { FailureReason } from '../../state/health-board.js';
import type { LiveMonitor, LiveOrigin } from '../../state/snapshot.js';
import type { DialError, DialFailure, OffRamps, OriginPlace } from '../../tunnel/egress/contract.js';

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
 * DialError. When it is cancelled it lets go of every socket at once; it also is after the attempt, on every path.
 */
export type Probe = (
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  cancellation: Cancellation,
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

const OF_DIAL = {
  refused: 'TCP connection failed',
  timeout: 'TCP Timeout',
  unreachable: 'No route to host error',
  no_route: 'No route to host error',
  no_connection: 'Network Unreachable',
  no_ingress: 'Network Unreachable',
  unknown_host: 'DNS Unknown Host',
  prohibited: 'Network Unreachable',
  reset: 'Connection Reset by Peer',
  other: 'Other Failure',
} as const satisfies Record<DialFailure, FailureReason>;

const OF_TLS: Readonly<Record<string, FailureReason>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS name mismatch error',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'TLS unrecognized name error',
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS protocol error',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'TLS protocol error',
  ERR_SSL_UNKNOWN_PROTOCOL: 'TLS protocol error',
  ERR_SSL_VERSION_TOO_LOW: 'TLS protocol error',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'TLS protocol error',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'TLS protocol error',
  ERR_SSL_HTTP_REQUEST: 'TLS protocol error',
};

/** The verdicts of OpenSSL's certificate verification, as Node names them in `error.code`. */
const UNTRUSTED =
  /^(?:DEPTH_ZERO_)?SELF_SIGNED_|^UNABLE_TO_|^(?:CERT|CRL)_|^ERROR_IN_C|^(?:INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/;

/** Why an origin could not be dialled, in the words of the API. */
export function reasonOfDialError(error: DialError): FailureReason {
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return error.failure === 'unreachable' && code?.startsWith('ENET')
    ? 'Network Unreachable'
    : OF_DIAL[error.failure];
}

/** Why a TLS handshake on a connected socket failed. */
export function reasonOfTlsError(error: NodeJS.ErrnoException): FailureReason {
  const { code = '' } = error;
  if (OF_TLS[code]) return OF_TLS[code];
  if (UNTRUSTED.test(code)) return 'TLS untrusted certificate error';
  if (code === 'ECONNRESET') return 'Connection Reset by Peer';
  return code.startsWith('ERR_SSL_') ? 'TLS Handshake Failure' : 'Other Failure';
}

/** Why an HTTP exchange on an open stream failed. */
export function reasonOfHttpError(error: NodeJS.ErrnoException): FailureReason {
  const { code = '', syscall } = error;
  // Node calls an orderly end without an answer ECONNRESET as well; only the system's own has a syscall.
  if (code === 'EPIPE' || (code === 'ECONNRESET' && syscall)) return 'Connection Reset by Peer';
  if (code === 'ECONNRESET' || code.startsWith('HPE_')) return 'HTTP Invalid Response';
  return code.startsWith('ERR_SSL_') ? 'TLS protocol error' : 'Other Failure';
}

/** Made once: the reason that Node would make has a stack, which costs more than the rest of an abort. */
const CANCELLED = new Error('cancelled');

/**
 * Tells work under way to end, and afterwards whatever it has opened. What an AbortController with its signal does, without events: making
 * one of those costs as much as all of our own code does for a check.
 */
export class Cancellation {
  isCancelled = false;
  private listeners: (() => void)[] = [];

  /** Calls `listener` once, at once when it is too late. */
  onCancel(listener: () => void): void {
    if (this.isCancelled) listener();
    else this.listeners.push(listener);
  }

  forget(listener: () => void): void {
    const at = this.listeners.indexOf(listener);
    if (at >= 0) this.listeners.splice(at, 1);
  }

  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    const { listeners } = this;
    this.listeners = [];
    for (const listener of listeners) listener();
  }

  /** A new one, for what takes nothing else. */
  signal(): AbortSignal {
    const controller = new AbortController();
    this.onCancel(() => controller.abort(CANCELLED));
    return controller.signal;
  }
}
