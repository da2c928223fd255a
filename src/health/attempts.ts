import type { FailureReason } from '../live/health-board.js';
import { startDeadline } from '../net/deadline.js';
import { DialError } from '../offramps/contract.js';
import { reasonOfDialError } from './failure-reason.js';
import {
  failed,
  type Probe,
  type ProbeDependencies,
  ProbeFailure,
  type ProbeResult,
  type ProbeTarget,
} from './probes/probe.js';

const TIMEOUTS: ReadonlySet<FailureReason> = new Set(['TCP Timeout', 'HTTP timeout occurred']);

/**
 * One check: an attempt, and up to `retries` more, back to back, for as long as they end with a timeout. Never rejects.
 * The result of an aborted check means nothing.
 */
export async function attemptCheck(
  probe: Probe,
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  signal: AbortSignal,
): Promise<ProbeResult> {
  let result = await attempt(probe, target, dependencies, signal);
  for (let retry = 0; retry < target.monitor.retries; retry += 1) {
    if (!TIMEOUTS.has(result.reason) || signal.aborted) break;
    result = await attempt(probe, target, dependencies, signal);
  }
  return result;
}

/** Made once: the reason that Node would make has a stack, which costs more than the rest of an abort. */
const OVER = new Error('the attempt is over');

/** The monitor's `timeout` is for all of it: connecting, TLS, the answer and as much of the body as is needed. */
async function attempt(
  probe: Probe,
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  outer: AbortSignal,
): Promise<ProbeResult> {
  const controller = new AbortController();
  const abort = () => controller.abort(OVER);
  const cancelDeadline = startDeadline(dependencies.real, target.monitor.timeout * 1_000, abort);
  outer.addEventListener('abort', abort, { once: true });
  try {
    return await probe(target, dependencies, controller.signal);
  } catch (error) {
    return failed(reasonOf(error), 0, null, detailOf(error));
  } finally {
    cancelDeadline();
    outer.removeEventListener('abort', abort);
    // Everything that the attempt has opened hangs on this signal.
    abort();
  }
}

/** Characters that are kept of it. */
const MAX_DETAIL = 400;

function detailOf(error: unknown): string | null {
  const says =
    error instanceof DialError || (error instanceof ProbeFailure && error.message !== error.reason);
  return says ? error.message.slice(0, MAX_DETAIL) : null;
}

function reasonOf(error: unknown): FailureReason {
  if (error instanceof ProbeFailure) return error.reason;
  return error instanceof DialError ? reasonOfDialError(error) : 'Other Failure';
}
