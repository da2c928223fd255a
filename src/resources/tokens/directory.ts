import type { Client } from '../../storage/database.js';
import type { AccessDirectory, AccessToken } from '../../wire/access.js';
import { type Changes, changedIds } from '../changes.js';
import { accessToken } from './access-token.js';
import * as store from './store.js';

/** What requests are checked with, in memory: as large as there are tokens, accounts and zones. */
export interface FollowingDirectory extends AccessDirectory {
  /** Reads what `changes` name, or everything, inside their transaction; what it returns takes it over after the commit. */
  follow(db: Client, changes: Changes | null): Promise<() => void>;
}

export function createDirectory(): FollowingDirectory {
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
        for (const id of accountIds ?? [...accounts]) accounts.delete(id);
        for (const id of foundAccounts) accounts.add(id);
        for (const id of zoneIds ?? [...zones.keys()]) zones.delete(id);
        for (const { id, accountId } of foundZones) zones.set(id, accountId);
      };
    },
  };
}
