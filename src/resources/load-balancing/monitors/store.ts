import type { Client, Tx } from '../../../storage/database.js';
import type { Monitor } from '../../../storage/generated/client.js';

export type { Monitor };

const oldestFirst = [{ createdOn: 'asc' as const }, { id: 'asc' as const }];

export function find(db: Client, accountId: string, id: string): Promise<Monitor | null> {
  return db.monitor.findFirst({ where: { id, accountId } });
}

/** Those with these ids, or all. */
export function findForLive(db: Client, ids: readonly string[] | null): Promise<Monitor[]> {
  return db.monitor.findMany({ where: ids ? { id: { in: [...ids] } } : {}, orderBy: oldestFirst });
}

/** Which of these monitors the account has, with their descriptions. */
export async function existing(
  db: Client,
  accountId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const monitors = await db.monitor.findMany({
    where: { accountId, id: { in: [...ids] } },
    select: { id: true, description: true },
  });
  return new Map(monitors.map(({ id, description }) => [id, description]));
}

/** The pools that name this monitor. */
export function poolsWith(db: Client, id: string): Promise<{ id: string; name: string }[]> {
  return db.pool.findMany({
    where: { monitorId: id },
    select: { id: true, name: true },
    orderBy: oldestFirst,
  });
}

/** The pools that this monitor watches, by itself or in a group. */
export function poolsWatchedBy(db: Client, id: string): Promise<{ id: string; name: string }[]> {
  const inGroup = { monitorGroup: { members: { some: { monitorId: id } } } };
  return db.pool.findMany({
    where: { OR: [{ monitorId: id }, inGroup] },
    select: { id: true, name: true },
    orderBy: oldestFirst,
  });
}

/** The monitor groups that this monitor is in. */
export function groupsWith(db: Client, id: string): Promise<{ id: string; description: string }[]> {
  return db.monitorGroup.findMany({
    where: { members: { some: { monitorId: id } } },
    select: { id: true, description: true },
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
