import { ApiError } from '../../../api/errors.js';
import type { Client, Tx } from '../../../storage/database.js';
import { createDefaultSubnets } from '../../networks/subnets/rules.js';
import { createDefaultNetwork } from '../../networks/virtual-networks/rules.js';
import type { CreateBody, PutBody } from './schema.js';
import * as store from './store.js';

export async function get(db: Client, id: string): Promise<store.Account> {
  const account = await store.find(db, id);
  if (!account) throw new ApiError('no_such_route', `/accounts/${id}`);
  return account;
}

/** An account with what every account has from the start: the default virtual network, and its subnets. */
export async function create(
  tx: Tx,
  id: string,
  { name, type }: Pick<CreateBody, 'name' | 'type'>,
): Promise<store.Account> {
  const account: store.Account = {
    id,
    name,
    type: type ?? 'standard',
    settings: { enforce_twofactor: false },
    createdOn: new Date(),
  };
  await store.insert(tx, account);
  await createDefaultNetwork(tx, id);
  await createDefaultSubnets(tx, id, account.createdOn);
  return account;
}

export async function replace(tx: Tx, id: string, body: PutBody): Promise<store.Account> {
  const before = await get(tx.db, id);
  const email = body.settings?.abuse_contact_email;
  const settings = {
    enforce_twofactor: body.settings?.enforce_twofactor ?? false,
    ...(email ? { abuse_contact_email: email } : {}),
  };
  const after = { ...before, name: body.name, type: body.type ?? before.type, settings };
  await store.update(tx, after);
  return after;
}

/** For good, with all that the account has: that is what the operation is described to do. */
export async function remove(tx: Tx, id: string): Promise<void> {
  await get(tx.db, id);
  await store.remove(tx, id);
}
