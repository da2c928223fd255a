import type { Client, Tx } from '../../storage/database.js';
import type { Monitor } from '../../storage/generated/client.js';

export type { Monitor };

const oldestFirst = [{ createdOn: 'asc' as const }, { id: 'asc' as const }];

export function find(db: Client, accountId: string, id: string): Promise<Monitor | null> {
  return db.monitor.findFirst({ where: { id, accountId } });
}

/** Those with these ids, or all. */
export function findForLive(db: Client, ids: readonly string[] | null): Promise<Monitor[]> {
  return db.monitor.findMany({ where: ids ? { id: { in: [...ids] } } : {}, orderBy: oldestFirst });
}

/** The pools that this monitor watches. */
export function poolsWith(db: Client, id: string): Promise<{ id: string; name: string }[]> {
  return db.pool.findMany({
    where: { monitorId: id },
    select: { id: true, name: true },
    orderBy: oldestFirst,
  });
}

export async function insert(tx: Tx, monitor: Monitor): Promise<void> {
  await tx.db.monitor.create({ data: { ...monitor, header: monitor.header as object } });
  tx.changed('monitor', monitor.id);
}

export async function update(tx: Tx, monitor: Monitor): Promise<void> {
  await tx.db.monitor.update({
    where: { id: monitor.id },
    data: { ...monitor, header: monitor.header as object },
  });
  tx.changed('monitor', monitor.id);
}

export async function remove(tx: Tx, id: string): Promise<void> {
  await tx.db.monitor.delete({ where: { id } });
  tx.changed('monitor', id);
}
