import type { AccessDirectory } from '../../../api/access.js';
import type { WorkingWorld } from '../../definitions.js';
import { allAccounts } from '../accounts/definition.js';
import { accessToken } from './access-token.js';

/** Milliseconds between two notes of the same token's use: it is no write for each request. */
const NOTE_EVERY = 60_000;

/** What requests are checked with: the committed state. `noteUse` is told when a token was used: RFC 3339. */
export function createDirectory(
  world: Pick<WorkingWorld, 'accounts' | 'apiTokens' | 'zones'>,
  noteUse: (id: string, at: string) => void,
): AccessDirectory {
  const uses = new Map<string, { readonly last: Date; readonly noted: number }>();

  /** As many are known as there are tokens, however many come and go. */
  function forgetGone(): void {
    for (const id of uses.keys()) if (!world.apiTokens.get(id)) uses.delete(id);
  }

  return {
    // How long it takes to find a digest tells nothing about the value that has it.
    find(digest) {
      const [token] = world.apiTokens.by('digest', digest);
      return token && accessToken(token);
    },
    used(id, now) {
      if (!uses.has(id)) forgetGone();
      const noted = uses.get(id)?.noted ?? Number.NEGATIVE_INFINITY;
      const due = now.getTime() - noted >= NOTE_EVERY;
      uses.set(id, { last: now, noted: due ? now.getTime() : noted });
      if (due) noteUse(id, now.toISOString());
    },
    lastUsed: (id) => uses.get(id)?.last,
    accountOf: (zoneId) => world.zones.get(zoneId)?.accountId,
    hasAccount: (id) => world.accounts.get(id) !== undefined,
    accounts: () => allAccounts(world).map(({ id }) => id),
    zones: () => world.zones.by('all', '').map(({ id, accountId }) => [id, accountId] as const),
  };
}
