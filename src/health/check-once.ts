import type { FailureReason } from '../live/health-board.js';
import type { NoWay, OffRamps, OriginPlace } from '../offramps/contract.js';
import { attemptCheck } from './attempts.js';
import { failed, type ProbeDependencies, type ProbeResult, type ProbeTarget } from './probes/probe.js';
import { PROBES } from './probes/table.js';

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
