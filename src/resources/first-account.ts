import { firstAccount } from './accounts/accounts/definition.js';
import { createAccount } from './accounts/accounts/rules.js';
import { addZone } from './accounts/zones/rules.js';
import { allTables, type WorkingDraft, type WorkingWorld, type WorkingWrite } from './definitions.js';

export interface FirstAccountOptions {
  /** Identifiers and name to use when there is nothing yet; null makes one up. */
  readonly accountId: string | null;
  readonly zoneId: string | null;
  readonly domain: string;
}

export interface FirstAccount {
  readonly accountId: string;
  readonly zoneId: string;
  readonly domain: string;
}

export const FIRST_NAME = 'Offramp';

/** The first account, and its first zone; null where one is missing. */
export function firstOf(world: WorkingWorld): FirstAccount | null {
  const account = firstAccount(world);
  const zone = account && world.zones.of(account.id)[0];
  return zone ? { accountId: account.id, zoneId: zone.id, domain: zone.name } : null;
}

/** An account with a zone, where there is none yet; answers the first of each. */
export function ensureFirst(draft: WorkingDraft, options: FirstAccountOptions): FirstAccount {
  const { id: accountId } =
    firstAccount(draft) ?? createAccount(draft, options.accountId ?? draft.ids.hex(), { name: FIRST_NAME });
  const zone =
    draft.zones.of(accountId)[0] ??
    addZone(draft, options.zoneId ?? draft.ids.hex(), accountId, { name: options.domain });
  return { accountId, zoneId: zone.id, domain: zone.name };
}

function clear(draft: WorkingDraft): void {
  for (const table of allTables(draft)) for (const id of table.ids()) table.remove(id);
}

/**
 * Removes everything that is stored, of every noun that there is, and begins again: with what `fill` makes, and with a first account and zone that
 * are new ones with the ids of `first`. Two commits, so that what memory does not hold, such as events and what was deleted before, goes
 * with the account's row; what somebody stores between the two, after which `meanwhile` is done, goes as well.
 */
export async function startOver(
  write: WorkingWrite,
  first: FirstAccount,
  meanwhile: () => Promise<unknown>,
  fill: (draft: WorkingDraft) => unknown,
): Promise<FirstAccount> {
  const begin = (fill: (draft: WorkingDraft) => unknown) =>
    write((draft) => {
      clear(draft);
      fill(draft);
      return ensureFirst(draft, first);
    });
  await write(clear);
  try {
    await meanwhile();
    return await begin(fill);
  } catch (error) {
    // Whatever has failed: nobody shall be left without an account.
    await begin(() => undefined);
    throw error;
  }
}
