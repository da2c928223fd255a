import type { HealthFault } from '../live/faults.js';
import type { LiveOrigin } from '../live/snapshot.js';
import { canonicalHost } from '../net/host.js';
import type { ProbeResult } from './probes/probe.js';

/** The faults that are set now. */
export interface Faults {
  /** Takes `faults` in place of those before; answers whether an origin may see another one now than before. */
  replace(faults: readonly HealthFault[]): (origin: Pick<LiveOrigin, 'ip' | 'address'>) => boolean;
  /** The first that fits. `place` is a region, or null for this place alone, which sees only those of every place. */
  find(poolId: string, origin: Pick<LiveOrigin, 'ip' | 'address'>, place: string | null): HealthFault | null;
  /** A place has applied a result with it. */
  struck(fault: HealthFault): void;
}

const addressOf = ({ ip, address }: Pick<LiveOrigin, 'ip' | 'address'>) => ip ?? canonicalHost(address);

export function createFaults(struck: Faults['struck'] = () => {}): Faults {
  let all: readonly HealthFault[] = [];
  let byAddress: ReadonlyMap<string, readonly HealthFault[]> = new Map();
  return {
    struck,
    replace(faults) {
      const before = byAddress;
      all = faults;
      const after = new Map<string, HealthFault[]>();
      for (const fault of faults) after.set(fault.address, [...(after.get(fault.address) ?? []), fault]);
      byAddress = after;
      return (origin) => before.has(addressOf(origin)) || after.has(addressOf(origin));
    },
    find(poolId, origin, place) {
      if (all.length === 0) return null;
      const fits = ({ pool, region }: HealthFault) =>
        (pool === null || pool === poolId) && (region === null || region === place);
      return byAddress.get(addressOf(origin))?.find(fits) ?? null;
    },
  };
}

/** What a place finds where a probe has found `result` and the place sees `fault`. */
export function withFault(result: ProbeResult, fault: HealthFault | null): ProbeResult {
  if (fault === null) return result;
  if (fault.reason !== null)
    return { passed: false, reason: fault.reason, detail: null, responseCode: 0, rttMs: null };
  return { ...result, rttMs: result.rttMs === null ? null : result.rttMs + fault.latencyMs };
}

export const isSameFault = (a: HealthFault | null, b: HealthFault | null) =>
  a?.reason === b?.reason && a?.latencyMs === b?.latencyMs;
