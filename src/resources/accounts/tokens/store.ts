import type { TokenOwner } from '../../../api/access.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { ApiToken } from '../../../storage/generated/client.js';
import { jsonOrNull } from '../../../storage/json.js';

export type { ApiToken };

/** The columns that say whose a token is. */
export const ownedBy = ({ scope, id }: TokenOwner) =>
  scope === 'user' ? { userId: id, accountId: null } : { userId: null, accountId: id };

export const ownerOf = ({ userId, accountId }: Pick<ApiToken, 'userId' | 'accountId'>): TokenOwner =>
  accountId === null ? { scope: 'user', id: userId! } : { scope: 'account', id: accountId };

export function find(db: Client, owner: TokenOwner, id: string): Promise<ApiToken | null> {
  return db.apiToken.findFirst({ where: { id, ...ownedBy(owner) } });
}

/** All tokens of the owner: there are few. */
export function list(db: Client, owner: TokenOwner, direction: 'asc' | 'desc'): Promise<ApiToken[]> {
  return db.apiToken.findMany({ where: ownedBy(owner), orderBy: [{ issuedOn: direction }, { id: 'asc' }] });
}

export async function counts(db: Client, owner: TokenOwner): Promise<{ ofOwner: number; all: number }> {
  return { ofOwner: await db.apiToken.count({ where: ownedBy(owner) }), all: await db.apiToken.count() };
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

/** All but when it was used, which may have been noted since it was read. */
export async function update(tx: Tx, token: ApiToken): Promise<void> {
  const { lastUsedOn: _noted, ...data } = dataOf(token);
  await tx.db.apiToken.update({ where: { id: token.id }, data });
  tx.changed('api_token', token.id);
}

/** No change of configuration. The token may be gone meanwhile. */
export async function noteUse(db: Client, id: string, at: Date): Promise<void> {
  await db.apiToken.updateMany({ where: { id }, data: { lastUsedOn: at } });
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
