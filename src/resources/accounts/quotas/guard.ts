import type { Verify } from '../../../storage/batch.js';
import type { DEFINITIONS } from '../../definitions.js';
import type { Monitor } from '../../load-balancing/monitors/definition.js';
import type { Pool } from '../../load-balancing/pools/definition.js';
import { checkCount, checkInterval, checkOrigins, checkRegions, type Quotas } from './limits.js';

/** What a write in memory has made of the objects; throws what is too much. */
export function quotaCheck(quotas: Quotas | null): Verify<typeof DEFINITIONS> | undefined {
  if (quotas === null) return undefined;
  return (changed, draft, before) => {
    const rowsOf = (noun: string) => [...(changed.get(noun)?.values() ?? [])].filter((row) => row !== null);
    for (const { values } of rowsOf('monitors') as Monitor[]) checkInterval(quotas, values.interval);
    for (const { values } of rowsOf('pools') as Pool[]) {
      checkOrigins(quotas, values.origins.length);
      checkRegions(quotas, values.check_regions);
    }
    // Who has more than they may from earlier can still change and delete.
    const makers = (noun: 'monitors' | 'pools' | 'loadBalancers' | 'tunnels' | 'routes') =>
      new Set(
        (rowsOf(noun) as { id: string; accountId: string }[])
          .filter(({ id }) => before[noun].get(id) === undefined)
          .map(({ accountId }) => accountId),
      );
    for (const noun of ['monitors', 'pools', 'tunnels', 'routes'] as const)
      for (const id of makers(noun)) checkCount(quotas, noun, draft[noun].of(id).length);
    for (const id of makers('loadBalancers'))
      checkCount(quotas, 'load-balancers', draft.loadBalancers.by('account', id).length);
  };
}
