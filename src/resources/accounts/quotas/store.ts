import type { Client } from '../../../storage/database.js';

type Ids = readonly string[];
const among = (ids: Ids) => ({ id: { in: [...ids] } });

/** Those accounts that own a row of `ids` which is not older than `since`. */
export const madeBy: Record<
  'tunnels' | 'routes',
  (db: Client, ids: Ids, since: Date) => Promise<{ accountId: string }[]>
> = {
  tunnels: (db, ids, since) =>
    db.tunnel.findMany({ where: { ...among(ids), createdAt: { gte: since } }, select: { accountId: true } }),
  routes: (db, ids, since) =>
    db.route.findMany({ where: { ...among(ids), createdAt: { gte: since } }, select: { accountId: true } }),
};

/** How many an account has; deleted ones do not count. */
export const countOf: Record<'tunnels' | 'routes', (db: Client, accountId: string) => Promise<number>> = {
  tunnels: (db, accountId) => db.tunnel.count({ where: { accountId, deletedAt: null } }),
  routes: (db, accountId) => db.route.count({ where: { accountId, deletedAt: null } }),
};
