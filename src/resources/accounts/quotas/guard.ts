import { ApiError } from '../../../api/errors.js';
import type { Verify } from '../../../storage/batch.js';
import type { DEFINITIONS } from '../../definitions.js';
import type { Monitor } from '../../load-balancing/monitors/definition.js';
import type { Pool } from '../../load-balancing/pools/definition.js';

/** What a write in memory has made of the objects; throws what is too much. */
export function quotaCheck(quotas: Quotas | null): Verify<typeof DEFINITIONS> | undefined {
  if (quotas === null) return undefined;
  return (changed, draft, before) => {
    const rowsOf = (noun: string) => [...(changed.get(noun)?.values() ?? [])].filter((row) => row !== null);
    for (const { values } of rowsOf('monitors') as Monitor[]) checkInterval(quotas, values.interval);
    for (const { values } of rowsOf('pools') as Pool[]) {
      checkOriginCount(quotas, values.origins.length);
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

/** How many there may be in one account, and the bounds of single members; a very large number is no limit. */
export interface Quotas {
  readonly 'load-balancers': number;
  readonly pools: number;
  /** In one pool. */
  readonly origins: number;
  /** Shortest of a monitor, in seconds. */
  readonly interval: number;
  /** Regions that check one pool. */
  readonly regions: number;
  readonly tunnels: number;
  readonly routes: number;
}

type Counted = 'load-balancers' | 'pools' | 'monitors' | 'tunnels' | 'routes';

/** There may be half as many monitors again as pools. */
const limitOf = (quotas: Quotas, counted: Counted) =>
  counted === 'monitors' ? Math.floor(quotas.pools * 1.5) : quotas[counted];

/** Throws when the account has more of these, `count`, than it may. */
export function checkCount(quotas: Quotas, counted: Counted, count: number): void {
  const limit = limitOf(quotas, counted);
  if (count > limit)
    throw new ApiError('quota_exceeded', `an account has at most ${limit} ${counted.replace('-', ' ')}`);
}

export function checkOriginCount(quotas: Quotas, count: number): void {
  if (count > quotas.origins) throw invalid(`the origin list length must be in range [1, ${quotas.origins}]`);
}

/** ALL_REGIONS stands for more regions than any limit. */
export function checkRegions(quotas: Quotas, regions: readonly string[] | null): void {
  if (regions === null || quotas.regions === Number.MAX_SAFE_INTEGER) return;
  if (regions.includes('ALL_REGIONS') || regions.length > quotas.regions)
    throw invalid('the number of probe regions exceeds the allowed maximum');
}

export function checkInterval(quotas: Quotas, interval: number): void {
  if (interval < quotas.interval) throw invalid(`interval is not in range [${quotas.interval}, 3600]`);
}

const invalid = (reason: string) => new ApiError('validation_failed', reason);
