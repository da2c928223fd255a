import { ApiError } from '../../../api/errors.js';
import { inStoredOrder } from '../../_kit/json.js';
import { allTables, type WorkingDraft, type WorkingWorld } from '../../definitions.js';
import { ownerKey as balancersOf } from '../../load-balancing/load-balancers/definition.js';
import { defaultSubnets } from '../../networks/subnets/rules.js';
import { defaultNetwork } from '../../networks/virtual-networks/rules.js';
import { ownerKey as tokensOf } from '../tokens/definition.js';
import { type Account, allAccounts } from './definition.js';
import type { CreateBody, ListQuery, PutBody } from './fields.js';

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
export function createAccount(
  draft: WorkingDraft,
  id: string,
  { name, type }: Pick<CreateBody, 'name' | 'type'>,
): Account {
  const settings = { enforce_twofactor: false };
  const account = { id, name, type: type ?? 'standard', settings, createdOn: draft.now } as const;
  draft.accounts.put(account);
  draft.virtualNetworks.put(defaultNetwork(draft, id));
  for (const subnet of defaultSubnets(draft, id)) draft.subnets.put(subnet);
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

/**
 * For good, with all that the account has: that is what the operation is described to do. What memory does not hold, such as events
 * and what was deleted before, goes with the account's row in the database.
 */
export function removeAccount(draft: WorkingDraft, id: string): void {
  getAccount(draft, id);
  const zones = draft.zones.of(id).map((zone) => zone.id);
  const owners = [
    ...[id, balancersOf(null, id), tokensOf({ scope: 'account', id })],
    ...zones.flatMap((zone) => [zone, balancersOf(zone, id)]),
  ];
  for (const table of allTables(draft)) {
    const rows = owners.flatMap((owner) => table.of(owner));
    for (const row of rows) table.remove(row.id);
  }
  draft.accounts.remove(id);
}
