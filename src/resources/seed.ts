import { newHexId } from '../api/identifiers.js';
import type { Database } from '../storage/database.js';
import { createAccount, firstAccount } from './accounts/accounts/index.js';
import { createZone, firstZone } from './accounts/zones/index.js';

export interface SeedOptions {
  /** Identifiers and name to use when there is nothing yet; null makes one up. */
  readonly accountId: string | null;
  readonly zoneId: string | null;
  readonly domain: string;
}

export interface Seeded {
  readonly accountId: string;
  readonly zoneId: string;
  readonly domain: string;
}

/** A fresh database gets one account with one zone; otherwise answers the first of each that is there. */
export async function seed(db: Database, options: SeedOptions): Promise<Seeded> {
  return await db.transact(async (tx) => {
    const account =
      (await firstAccount(tx.db)) ??
      (await createAccount(tx, options.accountId ?? newHexId(), { name: 'Offramp' }));
    const zone =
      (await firstZone(tx.db, account.id)) ??
      (await createZone(
        tx,
        { name: options.domain, account: { id: account.id } },
        options.zoneId ?? undefined,
      ));
    return { accountId: account.id, zoneId: zone.id, domain: zone.name };
  });
}
