import { newHexId } from '../api/identifiers.js';
import { firstAccount } from './accounts/accounts/definition.js';
import { createAccount } from './accounts/accounts/rules.js';
import { addZone } from './accounts/zones/rules.js';
import { allTables, type WorkingDraft, type WorkingWorld, type WorkingWrite } from './definitions.js';

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

const FIRST_NAME = 'Offramp';

/** The first account, and its first zone; null where one is missing. */
export function firstOf(world: WorkingWorld): Seeded | null {
  const account = firstAccount(world);
  const zone = account && world.zones.of(account.id)[0];
  return zone ? { accountId: account.id, zoneId: zone.id, domain: zone.name } : null;
}

/** A fresh database gets one account with one zone; otherwise answers the first of each that is there. */
export const seed = (write: WorkingWrite, options: SeedOptions): Promise<Seeded> =>
  write((draft) => {
    const { id: accountId } =
      firstAccount(draft) ?? createAccount(draft, options.accountId ?? newHexId(), { name: FIRST_NAME });
    const zone =
      draft.zones.of(accountId)[0] ??
      addZone(draft, options.zoneId ?? newHexId(), accountId, { name: options.domain });
    return { accountId, zoneId: zone.id, domain: zone.name };
  });

function clear(draft: WorkingDraft): void {
  for (const table of allTables(draft)) for (const id of table.ids()) table.remove(id);
}

/**
 * Removes everything that is stored, of every noun that there is, and seeds again: the first account and zone are new ones with the ids of
 * `seeded`. Two commits, so that what memory does not hold, such as events and what was deleted before, goes with the account's row; what
 * somebody stores between the two, after which `meanwhile` is done, goes as well.
 */
export async function seedAgain(
  write: WorkingWrite,
  seeded: Seeded,
  meanwhile: () => Promise<unknown>,
): Promise<Seeded> {
  await write(clear);
  try {
    await meanwhile();
  } finally {
    // Whatever has failed: nobody shall be left without an account.
    await write((draft) => {
      clear(draft);
      createAccount(draft, seeded.accountId, { name: FIRST_NAME });
      addZone(draft, seeded.zoneId, seeded.accountId, { name: seeded.domain });
    });
  }
  return seeded;
}
