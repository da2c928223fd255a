import { type PageRequest, pageWindow } from '../../../api/pagination.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { Account } from '../../../storage/generated/client.js';
import type { ListQuery } from './schema.js';

export type { Account };

export function find(db: Client, id: string): Promise<Account | null> {
  return db.account.findUnique({ where: { id } });
}

/** The account that was made first, of those with these ids or of all. */
export function findFirst(db: Client, among: readonly string[] | null = null): Promise<Account | null> {
  const where = among === null ? {} : { id: { in: [...among] } };
  return db.account.findFirst({ where, orderBy: [{ createdOn: 'asc' }, { id: 'asc' }] });
}

/** `visible` are the ids that may be shown; null shows all. */
export async function list(
  db: Client,
  query: ListQuery,
  visible: readonly string[] | null,
  page: PageRequest,
): Promise<{ items: Account[]; total: number }> {
  const where = {
    ...(query.name === undefined ? {} : { name: query.name }),
    ...(visible === null ? {} : { id: { in: [...visible] } }),
  };
  const items = await db.account.findMany({
    where,
    orderBy: [{ createdOn: query.direction ?? 'asc' }, { id: 'asc' }],
    ...pageWindow(page),
  });
  return { items, total: await db.account.count({ where }) };
}

export async function insert(tx: Tx, account: Account): Promise<void> {
  await tx.db.account.create({ data: { ...account, settings: account.settings as object } });
  tx.changed('account', account.id);
}

export async function update(tx: Tx, account: Account): Promise<void> {
  await tx.db.account.update({
    where: { id: account.id },
    data: { name: account.name, type: account.type, settings: account.settings as object },
  });
  tx.changed('account', account.id);
}

/** What memory must forget: of each noun that it has. */
async function liveIds(db: Client, accountId: string): Promise<[noun: string, id: string][]> {
  const of = { where: { accountId }, select: { id: true } };
  const found = {
    load_balancer: await db.loadBalancer.findMany(of),
    pool: await db.pool.findMany(of),
    monitor: await db.monitor.findMany(of),
    monitor_group: await db.monitorGroup.findMany(of),
    virtual_network: await db.virtualNetwork.findMany(of),
    route: await db.route.findMany(of),
    tunnel: await db.tunnel.findMany(of),
    zone: await db.zone.findMany(of),
    magic_tunnel: await db.magicTunnel.findMany(of),
    api_token: await db.apiToken.findMany(of),
    published_hostname: await db.dnsRecord.findMany({ where: { zone: { accountId } }, select: { id: true } }),
  };
  return Object.entries(found).flatMap(([noun, rows]) => rows.map(({ id }): [string, string] => [noun, id]));
}

/** Deletes the account and every row that is of it: those that refer to others first. */
export async function remove(tx: Tx, accountId: string): Promise<void> {
  for (const [noun, id] of await liveIds(tx.db, accountId)) tx.changed(noun, id);
  const where = { accountId };
  const ofItsTunnels = { where: { tunnel: where } };
  await tx.db.healthEvent.deleteMany({ where });
  await tx.db.apiToken.deleteMany({ where });
  await tx.db.loadBalancer.deleteMany({ where });
  await tx.db.dnsRecord.deleteMany({ where: { zone: where } });
  await tx.db.zone.deleteMany({ where });
  await tx.db.pool.deleteMany({ where });
  await tx.db.monitorGroup.deleteMany({ where });
  await tx.db.monitor.deleteMany({ where });
  await tx.db.route.deleteMany({ where });
  await tx.db.hostnameRoute.deleteMany({ where });
  await tx.db.tunnelConfiguration.deleteMany(ofItsTunnels);
  await tx.db.warpConfiguration.deleteMany(ofItsTunnels);
  await tx.db.tunnel.deleteMany({ where });
  await tx.db.subnet.deleteMany({ where });
  await tx.db.virtualNetwork.deleteMany({ where });
  await tx.db.magicTunnel.deleteMany({ where });
  await tx.db.connectivitySettings.deleteMany({ where });
  await tx.db.account.delete({ where: { id: accountId } });
  tx.changed('account', accountId);
}
