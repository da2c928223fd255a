import type { DatabaseClient } from '../../../storage/database.js';
import type { Definition, Reader } from '../../../storage/tables/definition.js';
import { shownAs, tableOf } from '../../_kit/soft-deleted.js';
import { among } from '../../_kit/stored.js';
import { answer, type WireAccount } from './fields.js';

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly type: WireAccount['type'];
  readonly settings: WireAccount['settings'];
  readonly createdOn: Date;
}

/** Accounts are nobody's: all stand under one key. */
const ALL = '';

export const accounts: Definition<Account, never> = {
  noun: 'account',
  ownerOf: () => ALL,
  createdAt: ({ createdOn }) => createdOn,
  indexes: {},
  relations: [tableOf('account', ['id', 'name', 'type', 'settings', 'createdOn'])],
  async load(db: DatabaseClient, ids) {
    const rows = await db.account.findMany({ where: among(ids) });
    return rows as unknown as Account[];
  },
};

type Accounts = { readonly accounts: Reader<Account, never> };

/** Oldest first. */
export const allAccounts = (world: Accounts): readonly Account[] => world.accounts.of(ALL);

/** The account that was made first, of those with these ids or of all. */
export const firstAccount = (world: Accounts, among: readonly string[] | null = null): Account | undefined =>
  allAccounts(world).find(({ id }) => among === null || among.includes(id));

export const accountToWire = (account: Account) => shownAs(answer, account, {});
