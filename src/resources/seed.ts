import { newHexId } from '../api/identifiers.js';
import { firstAccount } from './accounts/accounts/definition.js';
import { createAccount } from './accounts/accounts/rules.js';
import { addZone } from './accounts/zones/rules.js';
import type { WorkingWrite } from './definitions.js';

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
export const seed = (write: WorkingWrite, options: SeedOptions): Promise<Seeded> =>
  write((draft) => {
    const { id: accountId } =
      firstAccount(draft) ?? createAccount(draft, options.accountId ?? newHexId(), { name: 'Offramp' });
    const zone =
      draft.zones.of(accountId)[0] ??
      addZone(draft, options.zoneId ?? newHexId(), accountId, { name: options.domain });
    return { accountId, zoneId: zone.id, domain: zone.name };
  });
