import type { MonitorType } from '../../domain/policies.js';
import { startDeadline } from '../../net/clock.js';
import type { FailureReason } from '../../state/health-board.js';
import { DialError, type NoWay, type OffRamps, type OriginPlace } from '../../tunnel/egress/contract.js';
import { probeHttp } from './http.js';
import { probeIcmpPing, probeUdpIcmp } from './icmp.js';
import {
  failed,
  type Probe,
  type ProbeDependencies,
  ProbeFailure,
  type ProbeResult,
  type ProbeTarget,
  reasonOfDialError,
} from './probe.js';
import { probeSmtp, probeTcp } from './tcp.js';

/** One probe for each type of monitor: a new type does not compile until it has a line here. */
const PROBES: Readonly<Record<MonitorType, Probe>> = {
  http: probeHttp,
  https: probeHttp,
  tcp: probeTcp,
  udp_icmp: probeUdpIcmp,
  icmp_ping: probeIcmpPing,
  smtp: probeSmtp,
};

/**
 * One check by the way that traffic takes; `certain` when there is none, so that nothing was dialled and no second
 * opinion is needed. Null while the tunnel to it is awaited. Never rejects. The result of an aborted check means nothing.
 */
export async function checkOnce(
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  signal: AbortSignal,
): Promise<{ result: ProbeResult; certain: boolean } | null> {
  const way = dependencies.offramps.select(target.origin);
  if (way.kind === 'none' && way.awaitedTunnel !== undefined) return null;
  const cutOff =
    withoutWay(target.origin, dependencies.offramps) ?? withoutUse(target, dependencies.offramps);
  if (cutOff) return { result: cutOff, certain: true };
  return {
    result: await attemptCheck(PROBES[target.monitor.type], target, dependencies, signal),
    certain: false,
  };
}

const REASON_OF_NO_WAY = {
  no_route: 'No route to host error',
  no_connection: 'Network Unreachable',
  no_ingress: 'Network Unreachable',
  prohibited: 'Network Unreachable',
} as const satisfies Record<NoWay, FailureReason>;

/**
 * The result when there is no way to the origin, which needs no probe; undefined when there is one, and while its tunnel is awaited:
 * nothing is known then.
 */
export function withoutWay(origin: OriginPlace, offramps: OffRamps): ProbeResult | undefined {
  const way = offramps.select(origin);
  return way.kind === 'none' && way.awaitedTunnel === undefined
    ? failed(REASON_OF_NO_WAY[way.failure], 0, null, way.detail)
    : undefined;
}

/** Ingress rules take HTTP alone: no other monitor can ever find such an origin healthy. */
function withoutUse({ origin, monitor }: ProbeTarget, offramps: OffRamps): ProbeResult | undefined {
  const speaksHttp = monitor.type === 'http' || monitor.type === 'https';
  return !speaksHttp && offramps.select(origin).kind === 'ingress'
    ? failed('Monitor Config Error')
    : undefined;
}

const TIMEOUTS: ReadonlySet<FailureReason> = new Set(['TCP Timeout', 'HTTP timeout occurred']);

/**
 * One check: an attempt, and up to `retries` more, back to back, for as long as they end with a timeout. Never rejects.
 * The result of an aborted check means nothing.
 */
async function attemptCheck(
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
