import type { AccessDirectory, AccessToken } from '../../../api/access.js';
import type { Client } from '../../../storage/database.js';
import { type Changes, changedIds } from '../../changes.js';
import { accessToken } from './access-token.js';
import * as store from './store.js';

/** What requests are checked with, in memory: as large as there are tokens, accounts and zones. */
export interface FollowingDirectory extends AccessDirectory {
  /** Reads what `changes` name, or everything, inside their transaction; what it returns takes it over after the commit. */
  follow(db: Client, changes: Changes | null): Promise<() => void>;
}

/** Milliseconds between two notes of the same token's use: it is no write for each request. */
const NOTE_EVERY = 60_000;

/** `noteUse` is told when a token was used: RFC 3339. */
export function createDirectory(noteUse: (id: string, at: string) => void): FollowingDirectory {
  const uses = new Map<string, { readonly last: Date; readonly noted: number }>();
  const tokens = new Map<string, AccessToken>();
  const byDigest = new Map<string, AccessToken>();
  const accounts = new Set<string>();
  const zones = new Map<string, string>();

  function forgetToken(id: string): void {
    const known = tokens.get(id);
    if (known) byDigest.delete(known.digest.toString('hex'));
    tokens.delete(id);
  }

  function learnToken(token: AccessToken): void {
    tokens.set(token.id, token);
    byDigest.set(token.digest.toString('hex'), token);
  }

  return {
    // How long it takes to find a digest tells nothing about the value that has it.
    find: (digest) => byDigest.get(digest.toString('hex')),
    used(id, now) {
      const noted = uses.get(id)?.noted ?? Number.NEGATIVE_INFINITY;
      const due = now.getTime() - noted >= NOTE_EVERY;
      uses.set(id, { last: now, noted: due ? now.getTime() : noted });
      if (due) noteUse(id, now.toISOString());
    },
    lastUsed: (id) => uses.get(id)?.last,
    accountOf: (zoneId) => zones.get(zoneId),
    hasAccount: (id) => accounts.has(id),
    accounts: () => accounts,
    zones: () => zones,
    async follow(db, changes) {
      const idsOf = (noun: string) => changes && changedIds(changes, noun);
      const [tokenIds, accountIds, zoneIds] = [idsOf('api_token'), idsOf('account'), idsOf('zone')];
      const foundTokens = tokenIds?.length === 0 ? [] : await store.findMany(db, tokenIds);
      const foundAccounts = accountIds?.length === 0 ? [] : await store.findAccountIds(db, accountIds);
      const foundZones = zoneIds?.length === 0 ? [] : await store.findZoneOwners(db, zoneIds);
      return () => {
        for (const id of tokenIds ?? [...tokens.keys()]) forgetToken(id);
        for (const row of foundTokens) learnToken(accessToken(row));
        for (const id of tokenIds ?? [...uses.keys()]) if (!tokens.has(id)) uses.delete(id);
        for (const id of accountIds ?? [...accounts]) accounts.delete(id);
        for (const id of foundAccounts) accounts.add(id);
        for (const id of zoneIds ?? [...zones.keys()]) zones.delete(id);
        for (const { id, accountId } of foundZones) zones.set(id, accountId);
      };
    },
  };
}
