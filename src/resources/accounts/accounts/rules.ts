import { ApiError } from '../../../api/errors.js';
import type { Tx } from '../../../storage/database.js';
import { inStoredOrder } from '../../_kit/json.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { createDefaultSubnets } from '../../networks/subnets/rules.js';
import { createDefaultNetwork } from '../../networks/virtual-networks/rules.js';
import { type Account, allAccounts } from './definition.js';
import type { CreateBody, ListQuery, PutBody } from './fields.js';
import * as store from './store.js';

export function getAccount(world: WorkingWorld, id: string): Account {
  const account = world.accounts.get(id);
  if (!account) throw new ApiError('no_such_route', `/accounts/${id}`);
  return account;
}

/** Of those with the ids `visible`, or of all. */
export function listAccounts(
  world: WorkingWorld,
  { name, direction }: ListQuery,
  visible: readonly string[] | null,
): readonly Account[] {
  const among = visible && new Set(visible);
  const found = allAccounts(world).filter(
    (account) => (name === undefined || account.name === name) && (among === null || among.has(account.id)),
  );
  return direction === 'desc' ? found.sort((a, b) => b.createdOn.getTime() - a.createdOn.getTime()) : found;
}

/** An account with what every account has from the start: the default virtual network, and its subnets. */
export async function createAccount(
  tx: Tx,
  id: string,
  { name, type }: Pick<CreateBody, 'name' | 'type'>,
): Promise<Account> {
  const settings = { enforce_twofactor: false };
  const account = { id, name, type: type ?? 'standard', settings, createdOn: new Date() } as const;
  await store.insert(tx, account);
  await createDefaultNetwork(tx, id);
  await createDefaultSubnets(tx, id, account.createdOn);
  return account;
}

export function replaceAccount(draft: WorkingDraft, id: string, { name, type, settings }: PutBody): Account {
  const before = getAccount(draft, id);
  const email = settings?.abuse_contact_email;
  const after = {
    ...before,
    name,
    type: type ?? before.type,
    settings: inStoredOrder({
      enforce_twofactor: settings?.enforce_twofactor ?? false,
      ...(email ? { abuse_contact_email: email } : {}),
    }),
  };
  draft.accounts.put(after);
  return after;
}

/** For good, with all that the account has: that is what the operation is described to do. */
export async function removeAccount(tx: Tx, world: WorkingWorld, id: string): Promise<void> {
  getAccount(world, id);
  await store.remove(tx, world, id);
}
