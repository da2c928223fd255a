import type { Client, Database } from '../../../storage/database.js';
import type { Verify } from '../../../storage/writer.js';
import { type Changes, changedIds } from '../../changes.js';
import type { DEFINITIONS } from '../../definitions.js';
import type { Monitor } from '../../load-balancing/monitors/definition.js';
import type { Pool } from '../../load-balancing/pools/definition.js';
import { checkCount, checkInterval, checkOrigins, checkRegions, type Quotas } from './limits.js';
import * as store from './store.js';

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
    const makers = (noun: 'monitors' | 'pools' | 'loadBalancers') =>
      new Set(
        (rowsOf(noun) as { id: string; accountId: string }[])
          .filter(({ id }) => before[noun].get(id) === undefined)
          .map(({ accountId }) => accountId),
      );
    for (const id of makers('monitors')) checkCount(quotas, 'monitors', draft.monitors.of(id).length);
    for (const id of makers('pools')) checkCount(quotas, 'pools', draft.pools.of(id).length);
    for (const id of makers('loadBalancers'))
      checkCount(quotas, 'load-balancers', draft.loadBalancers.by('account', id).length);
  };
}

/** The nouns of changes that are written in the database's own transactions, as they are counted. */
const COUNTED = { tunnel: 'tunnels', route: 'routes' } as const;

/**
 * The database with limits: what a write has made of the objects that it names is checked at the end of its transaction,
 * so what is too much is rolled back as a whole, whichever operation it came through.
 */
export function withQuotas(db: Database, quotas: Quotas | null): Database {
  if (quotas === null) return db;
  return {
    ...db,
    transact: (work) =>
      db.transact(async (tx) => {
        const started = new Date();
        const changes: [noun: string, id: string][] = [];
        const value = await work({
          db: tx.db,
          changed(noun, id) {
            changes.push([noun, id]);
            tx.changed(noun, id);
          },
        });
        await check(tx.db, quotas, changes, started);
        return value;
      }),
  };
}

async function check(db: Client, quotas: Quotas, changes: Changes, started: Date): Promise<void> {
  const idsOf = (noun: keyof typeof COUNTED) => changedIds(changes, noun);
  for (const [noun, counted] of Object.entries(COUNTED) as [keyof typeof COUNTED, 'tunnels' | 'routes'][]) {
    const ids = idsOf(noun);
    if (ids.length === 0) continue;
    // Who has more than they may from earlier can still change and delete.
    const makers = new Set((await store.madeBy[counted](db, ids, started)).map(({ accountId }) => accountId));
    for (const accountId of makers) checkCount(quotas, counted, await store.countOf[counted](db, accountId));
  }
}
