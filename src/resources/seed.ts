import { newHexId } from '../api/identifiers.js';
import type { Database } from '../storage/database.js';
import { createAccount } from './accounts/accounts/rules.js';
import { findFirst, findFirstZone, insertZone } from './accounts/accounts/store.js';
import { newZone } from './accounts/zones/rules.js';
import { inAscii } from './hostname.js';

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
      (await findFirst(tx.db)) ??
      (await createAccount(tx, options.accountId ?? newHexId(), { name: 'Offramp' }));
    let zone: { readonly id: string; readonly name: string } | null = await findFirstZone(tx.db, account.id);
    if (!zone) {
      const first = newZone(options.zoneId ?? newHexId(), account.id, inAscii(options.domain));
      await insertZone(tx, first);
      zone = first;
    }
    return { accountId: account.id, zoneId: zone.id, domain: zone.name };
  });
}
