import type { Client, Database } from '../../../storage/database.js';
import { type Changes, changedIds } from '../../changes.js';
import {
  type Counted,
  checkCount,
  checkInterval,
  checkOrigins,
  checkRegions,
  type Quotas,
} from './limits.js';
import * as store from './store.js';

/** The nouns of changes, as they are counted. */
const COUNTED = {
  load_balancer: 'load-balancers',
  pool: 'pools',
  monitor: 'monitors',
  tunnel: 'tunnels',
  route: 'routes',
} as const satisfies Record<string, Counted>;

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
  for (const interval of await store.intervals(db, idsOf('monitor'))) checkInterval(quotas, interval);
  for (const { origins, regions } of await store.poolSizes(db, idsOf('pool'))) {
    checkOrigins(quotas, origins);
    checkRegions(quotas, regions);
  }
  for (const [noun, counted] of Object.entries(COUNTED) as [keyof typeof COUNTED, Counted][]) {
    const ids = idsOf(noun);
    if (ids.length === 0) continue;
    // Who has more than they may from earlier can still change and delete.
    const makers = new Set((await store.madeBy[counted](db, ids, started)).map(({ accountId }) => accountId));
    for (const accountId of makers) checkCount(quotas, counted, await store.countOf[counted](db, accountId));
  }
}
