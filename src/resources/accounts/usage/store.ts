import type { Client } from '../../../storage/database.js';
import type { Usage } from './schema.js';

/** What an account has. Without pools the largest has 0 origins, and without monitors the shortest interval is 0 seconds. */
export async function count(db: Client, accountId: string): Promise<Usage> {
  const where = { accountId };
  const monitors = await db.monitor.aggregate({ where, _count: true, _min: { interval: true } });
  const [largest] = await db.origin.groupBy({
    by: ['poolId'],
    where,
    _count: { poolId: true },
    orderBy: { _count: { poolId: 'desc' } },
    take: 1,
  });
  return {
    load_balancers: await db.loadBalancer.count({ where }),
    monitors: monitors._count,
    origins: await db.origin.count({ where }),
    pools: await db.pool.count({ where }),
    max_origins_per_pool: largest?._count.poolId ?? 0,
    minimum_monitor_interval: monitors._min.interval ?? 0,
  };
}
