import type { Client } from '../../../storage/database.js';
import type { Counted } from './limits.js';

type Ids = readonly string[];
const among = (ids: Ids) => ({ id: { in: [...ids] } });

/** Those accounts that own a row of `ids` which is not older than `since`. */
export const madeBy: Record<
  Counted,
  (db: Client, ids: Ids, since: Date) => Promise<{ accountId: string }[]>
> = {
  'load-balancers': (db, ids, since) =>
    db.loadBalancer.findMany({
      where: { ...among(ids), createdOn: { gte: since } },
      select: { accountId: true },
    }),
  pools: (db, ids, since) =>
    db.pool.findMany({ where: { ...among(ids), createdOn: { gte: since } }, select: { accountId: true } }),
  monitors: (db, ids, since) =>
    db.monitor.findMany({ where: { ...among(ids), createdOn: { gte: since } }, select: { accountId: true } }),
  tunnels: (db, ids, since) =>
    db.tunnel.findMany({ where: { ...among(ids), createdAt: { gte: since } }, select: { accountId: true } }),
  routes: (db, ids, since) =>
    db.route.findMany({ where: { ...among(ids), createdAt: { gte: since } }, select: { accountId: true } }),
};

/** How many an account has; deleted ones do not count. */
export const countOf: Record<Counted, (db: Client, accountId: string) => Promise<number>> = {
  'load-balancers': (db, accountId) => db.loadBalancer.count({ where: { accountId } }),
  pools: (db, accountId) => db.pool.count({ where: { accountId } }),
  monitors: (db, accountId) => db.monitor.count({ where: { accountId } }),
  tunnels: (db, accountId) => db.tunnel.count({ where: { accountId, deletedAt: null } }),
  routes: (db, accountId) => db.route.count({ where: { accountId, deletedAt: null } }),
};

export async function intervals(db: Client, ids: Ids): Promise<number[]> {
  const rows = await db.monitor.findMany({ where: among(ids), select: { interval: true } });
  return rows.map(({ interval }) => interval);
}

export async function poolSizes(
  db: Client,
  ids: Ids,
): Promise<{ origins: number; regions: readonly string[] | null }[]> {
  const select = { checkRegions: true, _count: { select: { origins: true } } };
  const rows = await db.pool.findMany({ where: among(ids), select });
  return rows.map(({ checkRegions, _count }) => ({
    origins: _count.origins,
    regions: checkRegions as string[] | null,
  }));
}
