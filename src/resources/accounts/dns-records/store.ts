import type { Client, Tx } from '../../../storage/database.js';
import type { DnsRecord as Row } from '../../../storage/generated/client.js';

/** With the zone that it is in. */
export type DnsRecord = Row & { readonly zone: { readonly name: string; readonly accountId: string } };

const include = { zone: { select: { name: true, accountId: true } } };

export function find(db: Client, zoneId: string, id: string): Promise<DnsRecord | null> {
  return db.dnsRecord.findFirst({ where: { id, zoneId }, include });
}

/** The record of exactly this name, complete and lower case. */
export function findByName(db: Client, zoneId: string, name: string): Promise<DnsRecord | null> {
  return db.dnsRecord.findFirst({ where: { zoneId, name }, include });
}

/** Those with these ids, or all. */
export function findForLive(db: Client, ids: readonly string[] | null): Promise<DnsRecord[]> {
  return db.dnsRecord.findMany({
    where: ids ? { id: { in: [...ids] } } : {},
    include,
    orderBy: [{ createdOn: 'asc' }, { id: 'asc' }],
  });
}

/** Whether the account has this tunnel, and one that host names can lead to. */
export async function hasTunnel(db: Client, accountId: string, id: string): Promise<boolean> {
  return (await db.tunnel.count({ where: { id, accountId, tunType: 'cfd_tunnel', deletedAt: null } })) > 0;
}

export async function insert(tx: Tx, record: DnsRecord): Promise<void> {
  await tx.db.dnsRecord.create({ data: columns(record) });
  tx.changed('published_hostname', record.id);
}

export async function update(tx: Tx, record: DnsRecord): Promise<void> {
  await tx.db.dnsRecord.update({ where: { id: record.id }, data: columns(record) });
  tx.changed('published_hostname', record.id);
}

export async function remove(tx: Tx, id: string): Promise<void> {
  await tx.db.dnsRecord.delete({ where: { id } });
  tx.changed('published_hostname', id);
}

function columns({ zone: _zone, ...record }: DnsRecord) {
  return { ...record, settings: record.settings as object, tags: record.tags as string[] };
}
