import type { TrafficFaults } from '../faults/traffic-faults.js';
import type { OriginTarget } from './origin-target.js';
import type { Responders } from './responder.js';

/**
 * Connections may serve every pool that has the origin. While a fault is set for one of these pools, that one has connections of its
 * own: under the fault, and nobody else's.
 */
export function poolsApart(
  responders: Responders,
  faults: Pick<TrafficFaults, 'noneForOrigins' | 'isOnPool'> | null,
): Responders {
  if (faults === null) return responders;
  const apart = (target: OriginTarget): OriginTarget => {
    if (faults.noneForOrigins || !faults.isOnPool(target.poolId)) return target;
    return { ...target, key: `${target.key} pool ${target.poolId}` };
  };
  return {
    ...responders,
    take: (target) => responders.take(apart(target)),
    dial: (target, clientIp, outcome) => responders.dial(apart(target), clientIp, outcome),
  };
}
