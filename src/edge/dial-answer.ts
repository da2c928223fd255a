import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { type DialFailure, failureOfCode } from '../tunnel/egress/contract.js';

/** Why a connector did not connect. */
export interface ConnectorFailure {
  readonly failure: DialFailure;
  readonly reason: string;
  /** Of the connector's system, such as ECONNREFUSED; undefined when it does not tell. */
  readonly code?: string | undefined;
  /** Whether it says anything about the connector and this destination. */
  readonly aboutDestination: boolean;
}

/**
 * cloudflared answers 502 for every failed dial, without a reason. It gives up on its own after 5 s, so a failure near
 * that time was a timeout. A quick one may have been a refusal, an address that nobody has, or a network that is down: these
 * cannot be told apart, and count as a refusal.
 */
const QUICK_FAILURE_MS = 4_500;

/** What the answer to a dial means when it is not 200; `elapsedMs` is how long the connector took. */
export function readDialFailure(
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
  elapsedMs: number,
): ConnectorFailure {
  const status = headers[':status'];
  if (status !== 502) return { failure: 'other', reason: `answered ${status}`, aboutDestination: false };
  const meta = metaOf(headers['cf-cloudflared-response-meta']);
  if (meta.flow_rate_limited)
    return { failure: 'other', reason: 'has too many flows', aboutDestination: false };
  const { dial_error: code } = meta;
  const told = typeof code === 'string' ? failureOfCode(code) : undefined;
  if (told)
    return { failure: told, reason: `failed with ${code}`, code: code as string, aboutDestination: true };
  if (elapsedMs < QUICK_FAILURE_MS) {
    const reason = 'could not connect and does not say why (refused, or no way to the address)';
    return { failure: 'refused', reason, aboutDestination: true };
  }
  return {
    failure: 'timeout',
    reason: `timed out after ${Math.round(elapsedMs)} ms`,
    aboutDestination: true,
  };
}

function metaOf(value: string | string[] | undefined): { flow_rate_limited?: unknown; dial_error?: unknown } {
  try {
    return Object(JSON.parse(String(value)));
  } catch {
    return {};
  }
}

/** Of several, the first of these says most about the destination: somebody there has answered. */
const TELLING: readonly DialFailure[] = ['refused', 'reset', 'timeout', 'unreachable'];

/** The failure that stands for all, which is not empty. */
export function mostTelling(failures: readonly ConnectorFailure[]): ConnectorFailure {
  const rank = ({ failure, code }: ConnectorFailure) => {
    // A refusal that is only assumed says less than anything a connector has told.
    if (failure === 'refused' && code === undefined) return TELLING.length - 0.5;
    const index = TELLING.indexOf(failure);
    return index < 0 ? TELLING.length : index;
  };
  return failures.reduce((best, other) => (rank(other) < rank(best) ? other : best));
}
