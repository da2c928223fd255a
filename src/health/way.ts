import type { FailureReason } from '../live/health-board.js';
import type { OffRamps, OriginAddress, Way } from '../offramps/contract.js';
import { failed, type ProbeResult } from './probes/probe.js';

const REASON_OF_NO_WAY = {
  no_route: 'No route to host error',
  no_connection: 'Network Unreachable',
} as const satisfies Record<Extract<Way, { kind: 'none' }>['failure'], FailureReason>;

/** The result when there is no way to the origin, which needs no probe; undefined when there is one. */
export function withoutWay(origin: OriginAddress, offramps: OffRamps): ProbeResult | undefined {
  const way = offramps.select(origin);
  return way.kind === 'none' ? failed(REASON_OF_NO_WAY[way.failure]) : undefined;
}
