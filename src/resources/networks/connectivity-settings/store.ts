import type { Client, Tx } from '../../../storage/database.js';
import type { ConnectivitySettings } from '../../../storage/generated/client.js';

export type { ConnectivitySettings };

/** Null before the first change. */
export function find(db: Client, accountId: string): Promise<ConnectivitySettings | null> {
  return db.connectivitySettings.findUnique({ where: { accountId } });
}

export async function put(tx: Tx, settings: ConnectivitySettings): Promise<void> {
  const { accountId, ...data } = settings;
  await tx.db.connectivitySettings.upsert({ where: { accountId }, create: settings, update: data });
  tx.changed('connectivity_settings', accountId);
}
