import type { Client, Tx } from '../../../storage/database.js';
import type { MonitorGroup as GroupRow, MonitorGroupMember } from '../../../storage/generated/client.js';

export type { MonitorGroupMember };
export type MonitorGroup = GroupRow & { readonly members: readonly MonitorGroupMember[] };

interface Label {
  readonly id: string;
  readonly name: string;
}

const include = { members: { orderBy: { position: 'asc' as const } } };
const oldestFirst = [{ createdOn: 'asc' as const }, { id: 'asc' as const }];

export function find(db: Client, accountId: string, id: string): Promise<MonitorGroup | null> {
  return db.monitorGroup.findFirst({ where: { id, accountId }, include });
}

/** Those with these ids, or all. */
export function findForLive(db: Client, ids: readonly string[] | null): Promise<MonitorGroup[]> {
  const where = ids ? { id: { in: [...ids] } } : {};
  return db.monitorGroup.findMany({ where, include, orderBy: oldestFirst });
}

/** The pools that this group watches. */
export function poolsWith(db: Client, id: string): Promise<Label[]> {
  return db.pool.findMany({
    where: { monitorGroupId: id },
    select: { id: true, name: true },
    orderBy: oldestFirst,
  });
}

export async function insert(tx: Tx, { members, ...group }: MonitorGroup): Promise<void> {
  await tx.db.monitorGroup.create({ data: group });
  await tx.db.monitorGroupMember.createMany({ data: [...members] });
  tx.changed('monitor_group', group.id);
}

export async function update(tx: Tx, { members, ...group }: MonitorGroup): Promise<void> {
  await tx.db.monitorGroup.update({ where: { id: group.id }, data: group });
  await tx.db.monitorGroupMember.deleteMany({ where: { groupId: group.id } });
  await tx.db.monitorGroupMember.createMany({ data: [...members] });
  tx.changed('monitor_group', group.id);
}

export async function remove(tx: Tx, id: string): Promise<void> {
  await tx.db.monitorGroup.delete({ where: { id } });
  tx.changed('monitor_group', id);
}
