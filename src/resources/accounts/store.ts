import type { Client, Tx } from '../../storage/database.js';
import type { Account } from '../../storage/generated/client.js';
import { type PageRequest, pageWindow } from '../../wire/pagination.js';
import type { ListQuery } from './schema.js';

export type { Account };

export function find(db: Client, id: string): Promise<Account | null> {
  return db.account.findUnique({ where: { id } });
}

/** The account that was made first. */
export function findFirst(db: Client): Promise<Account | null> {
  return db.account.findFirst({ orderBy: [{ createdOn: 'asc' }, { id: 'asc' }] });
}

export async function list(
  db: Client,
  query: ListQuery,
  page: PageRequest,
): Promise<{ items: Account[]; total: number }> {
  const where = query.name === undefined ? {} : { name: query.name };
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
    data: { name: account.name, settings: account.settings as object },
  });
  tx.changed('account', account.id);
}
