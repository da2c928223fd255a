import type { Client, Tx } from '../../storage/database.js';
import type { ApiToken } from '../../storage/generated/client.js';
import { jsonOrNull } from '../../storage/json.js';

export type { ApiToken };

export function find(db: Client, userId: string, id: string): Promise<ApiToken | null> {
  return db.apiToken.findFirst({ where: { id, userId } });
}

/** All tokens of the user: there are few. */
export function list(db: Client, userId: string, direction: 'asc' | 'desc'): Promise<ApiToken[]> {
  return db.apiToken.findMany({ where: { userId }, orderBy: [{ issuedOn: direction }, { id: 'asc' }] });
}

export async function counts(db: Client, userId: string): Promise<{ ofUser: number; all: number }> {
  return { ofUser: await db.apiToken.count({ where: { userId } }), all: await db.apiToken.count() };
}

const dataOf = (token: ApiToken) => ({
  ...token,
  digest: Uint8Array.from(token.digest),
  policies: token.policies as object[],
  condition: jsonOrNull(token.condition),
});

export async function insert(tx: Tx, token: ApiToken): Promise<void> {
  await tx.db.apiToken.create({ data: dataOf(token) });
  tx.changed('api_token', token.id);
}

export async function update(tx: Tx, token: ApiToken): Promise<void> {
  await tx.db.apiToken.update({ where: { id: token.id }, data: dataOf(token) });
  tx.changed('api_token', token.id);
}

export async function remove(tx: Tx, id: string): Promise<void> {
  await tx.db.apiToken.delete({ where: { id } });
  tx.changed('api_token', id);
}

/** Those with these ids, or all. */
export function findMany(db: Client, ids: readonly string[] | null): Promise<ApiToken[]> {
  return db.apiToken.findMany({ where: ids === null ? {} : { id: { in: [...ids] } } });
}

export async function findAccountIds(db: Client, ids: readonly string[] | null): Promise<string[]> {
  const where = ids === null ? {} : { id: { in: [...ids] } };
  return (await db.account.findMany({ where, select: { id: true } })).map(({ id }) => id);
}

export async function findZoneOwners(
  db: Client,
  ids: readonly string[] | null,
): Promise<{ id: string; accountId: string }[]> {
  const where = ids === null ? {} : { id: { in: [...ids] } };
  return await db.zone.findMany({ where, select: { id: true, accountId: true } });
}
