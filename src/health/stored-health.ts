import type { StoredHealth } from '../live/stored-health.js';
import { type PlaceHealth, UNCHECKED } from './track.js';

/** The verdicts that the last process has left: an origin begins with its own, once. */
export interface LastVerdicts {
  take(poolId: string, origin: { readonly name: string; readonly address: string }): PlaceHealth | undefined;
  /** Whatever starts to be checked later begins without. */
  forget(): void;
}

export function createLastVerdicts(stored: readonly StoredHealth[]): LastVerdicts {
  const keyOf = (poolId: string, name: string, address: string) => `${poolId} ${address} ${name}`;
  const verdicts = new Map(stored.map((one) => [keyOf(one.poolId, one.originName, one.address), one]));
  return {
    take(poolId, { name, address }) {
      const verdict = verdicts.get(keyOf(poolId, name, address));
      if (!verdict) return undefined;
      const { healthy, failureReason } = verdict;
      return { ...UNCHECKED, state: healthy ? 'healthy' : 'unhealthy', failureReason };
    },
    forget: () => verdicts.clear(),
  };
}
