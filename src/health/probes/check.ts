import type { MonitorType } from '../../domain/policies.js';
import { startDeadline } from '../../net/clock.js';
import type { FailureReason } from '../../state/health-board.js';
import {
  DialError,
  type NoWay,
  type OffRamps,
  type OriginPlace,
  type Way,
} from '../../tunnel/egress/contract.js';
import { probeHttp } from './http.js';
import { probeIcmpPing, probeUdpIcmp } from './icmp.js';
import {
  Cancellation,
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
 * opinion is needed. Null while the tunnel to it is awaited. Never rejects. The result of a cancelled check means nothing.
 */
export async function checkOnce(
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  cancellation: Cancellation,
): Promise<{ result: ProbeResult; certain: boolean } | null> {
  const way = dependencies.offramps.select(target.origin);
  if (way.kind === 'none' && way.awaitedTunnel !== undefined) return null;
  const cutOff = resultWithout(way) ?? resultWithoutUse(way, target.monitor.type);
  if (cutOff) return { result: cutOff, certain: true };
  const { type, retries } = target.monitor;
  let result = await attempt(PROBES[type], target, dependencies, cancellation);
  // Up to so many more, back to back, for as long as they end with a timeout.
  for (let retry = 0; retry < retries; retry += 1) {
    if (!TIMEOUTS.has(result.reason) || cancellation.isCancelled) break;
    result = await attempt(PROBES[type], target, dependencies, cancellation);
  }
  return { result, certain: false };
}

const TIMEOUTS: ReadonlySet<FailureReason> = new Set(['TCP Timeout', 'HTTP timeout occurred']);

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
  return resultWithout(offramps.select(origin));
}

function resultWithout(way: Way): ProbeResult | undefined {
  return way.kind === 'none' && way.awaitedTunnel === undefined
    ? failed(REASON_OF_NO_WAY[way.failure], 0, null, way.detail)
    : undefined;
}

/** Ingress rules take HTTP alone: no other monitor can ever find such an origin healthy. */
function resultWithoutUse(way: Way, type: MonitorType): ProbeResult | undefined {
  const speaksHttp = type === 'http' || type === 'https';
  return way.kind === 'ingress' && !speaksHttp ? failed('Monitor Config Error') : undefined;
}

/** The monitor's `timeout` is for all of it: connecting, TLS, the answer and as much of the body as is needed. */
function attempt(
  probe: Probe,
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  check: Cancellation,
): Promise<ProbeResult> {
  const cancellation = new Cancellation();
  const cancel = () => cancellation.cancel();
  const cancelDeadline = startDeadline(dependencies.real, target.monitor.timeout * 1_000, cancel);
  check.onCancel(cancel);
  const end = (result: ProbeResult) => {
    cancelDeadline();
    check.forget(cancel);
    // Everything that the attempt has opened hangs on it.
    cancel();
    return result;
  };
  return probe(target, dependencies, cancellation).then(end, (error) =>
    end(failed(reasonOf(error), 0, null, detailOf(error))),
  );
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
