import type { Client, Tx } from '../../../storage/database.js';
import type { User } from '../../../storage/generated/client.js';

export type { User };

/** What the owner of the credential has said; nothing yet when there is no row. */
export async function find(db: Client, id: string): Promise<User> {
  const nothing = { id, firstName: null, lastName: null, telephone: null, country: null, zipcode: null };
  return (await db.user.findUnique({ where: { id } })) ?? nothing;
}

export async function save(tx: Tx, user: User): Promise<void> {
  await tx.db.user.upsert({ where: { id: user.id }, create: user, update: user });
  tx.changed('user', user.id);
}
