import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { newHexId } from '../../../api/identifiers.js';
import type { Client, Tx } from '../../../storage/database.js';
import { inAscii, inUnicode } from '../../hostname.js';
import { findAccount, firstAccount } from '../accounts/index.js';
import type { CreateBody, PatchBody } from './schema.js';
import * as store from './store.js';

/** What makes a zone, with the account that it belongs to. */
export type NewZone = Omit<CreateBody, 'account'> & { readonly account: { readonly id: string } };

export async function get(db: Client, id: string): Promise<store.ZoneWithAccount> {
  const zone = await store.find(db, id);
  if (!zone) throw new ApiError('no_such_route', `/zones/${id}`);
  return zone;
}

/** Without an account in the body, the first one of the caller: of those `among` which it may make zones, or of all. */
export async function createForCaller(
  tx: Tx,
  { account, ...body }: CreateBody,
  among: readonly string[] | null,
): Promise<store.ZoneWithAccount> {
  const id = account?.id ?? (await firstAccount(tx.db, among))?.id;
  if (id === undefined) throw new ApiError('invalid_request', 'account.id is required: there is no account');
  return await create(tx, { ...body, account: { id } });
}

export async function create(tx: Tx, body: NewZone, id = newHexId()): Promise<store.ZoneWithAccount> {
  const account = await findAccount(tx.db, body.account.id);
  if (!account) throw new ApiError('invalid_request', `account.id "${body.account.id}" is not an account`);
  const name = inAscii(body.name);
  if (await store.findByName(tx.db, name)) throw new ApiError('zone_exists', inUnicode(name));
  const now = new Date();
  const zone = {
    id,
    accountId: account.id,
    name,
    type: body.type ?? 'full',
    paused: false,
    vanityNameServers: [],
    createdOn: now,
    modifiedOn: now,
  };
  await store.insert(tx, zone);
  return { ...zone, account };
}

/** Changes what the body names; null goes back to the default. A body that changes nothing writes nothing. */
export async function change(tx: Tx, id: string, body: PatchBody): Promise<store.ZoneWithAccount> {
  const before = await get(tx.db, id);
  const stored = {
    paused: before.paused,
    type: before.type,
    vanityNameServers: before.vanityNameServers as string[],
  };
  const after = {
    paused: body.paused === undefined ? stored.paused : (body.paused ?? false),
    type: body.type === undefined ? stored.type : (body.type ?? 'full'),
    vanityNameServers:
      body.vanity_name_servers === undefined ? stored.vanityNameServers : (body.vanity_name_servers ?? []),
  };
  if (isDeepStrictEqual(after, stored)) return before;
  return await store.update(tx, id, { ...after, modifiedOn: new Date() });
}

export async function remove(tx: Tx, id: string): Promise<void> {
  await get(tx.db, id);
  await store.remove(tx, id);
}
