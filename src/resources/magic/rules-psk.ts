import type { Tx } from '../../storage/database.js';
import { newPsk } from './psk.js';
import { get } from './rules.js';
import * as store from './store.js';

export interface SetPsk {
  readonly id: string;
  readonly psk: string;
  readonly at: Date;
}

/** A new key for the tunnel, which is told this once. */
export async function generatePsk(
  tx: Tx,
  accountId: string,
  id: string,
  validateOnly: boolean,
): Promise<SetPsk> {
  await get(tx.db, 'ipsec', accountId, id);
  const set = { id, psk: newPsk(), at: new Date() };
  if (!validateOnly) await store.setPsk(tx, id, set.psk, set.at);
  return set;
}

/** Sets the keys of those tunnels that the account has; the ids of the others are answered as `unknown`. */
export async function setPsks(
  tx: Tx,
  accountId: string,
  entries: readonly { readonly id: string; readonly psk: string }[],
  validateOnly: boolean,
): Promise<{ applied: SetPsk[]; unknown: string[] }> {
  const ids = entries.map(({ id }) => id);
  const known = new Set((await store.findAll(tx.db, 'ipsec', accountId, ids)).map(({ id }) => id));
  const at = new Date();
  const applied = entries.filter(({ id }) => known.has(id)).map(({ id, psk }) => ({ id, psk, at }));
  if (!validateOnly) for (const { id, psk } of applied) await store.setPsk(tx, id, psk, at);
  return { applied, unknown: ids.filter((id) => !known.has(id)) };
}
