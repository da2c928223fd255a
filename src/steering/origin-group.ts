import type { LoadView } from '../live/load-board.js';
import type { LiveOrigin, LivePool } from '../live/snapshot.js';
import { hashedOrigins } from './origins/hash.js';
import { ORIGIN_POLICIES } from './origins/policies.js';
import type { OriginPicker, OriginPolicy, OriginQuestion } from './origins/policy.js';

/** Origins of a pool among which one is chosen. */
export interface OriginGroup {
  readonly origins: readonly LiveOrigin[];
  /** By the pool's policy. Null when all are excluded. */
  pick(choice: OriginQuestion): LiveOrigin | null;
  /** By the client's address, whatever the pool's policy. */
  pickByAddress(choice: OriginQuestion): LiveOrigin | null;
  /** What is under way to one of them has changed. */
  loadChanged(originKey: string): void;
}

/** At least one origin, each with a weight above 0. Tables are computed on the first choice that needs them. */
export function originGroup(origins: readonly LiveOrigin[], pool: LivePool, load: LoadView): OriginGroup {
  let byPolicy: OriginPicker | null = null;
  let byAddress: OriginPicker | null = null;
  const pickerOf = (policy: OriginPolicy) => policy(origins, pool.id, load);
  return {
    origins,
    pick(choice) {
      byPolicy ??= pickerOf(ORIGIN_POLICIES[pool.originSteering]);
      return byPolicy.pick(choice);
    },
    pickByAddress(choice) {
      byAddress ??= pickerOf(hashedOrigins);
      return byAddress.pick(choice);
    },
    loadChanged(originKey) {
      byPolicy?.loadChanged?.(originKey);
    },
  };
}
