import { ApiError } from '../../api/errors.js';
import { newHexId } from '../../api/identifiers.js';
import type { Client, Tx } from '../../storage/database.js';
import * as store from './store.js';
import type { Kind, Tunnel, Write } from './tunnel.js';

export const list = store.list;

export async function get<F>(db: Client, kind: Kind, accountId: string, id: string): Promise<Tunnel<F>> {
  const [tunnel] = await store.findAll<F>(db, kind, accountId, [id]);
  if (!tunnel) throw new ApiError('magic_tunnel_missing', `${NAMES[kind]} tunnel "${id}"`);
  return tunnel;
}

const NAMES = { gre: 'GRE', ipsec: 'IPsec' } as const satisfies Record<Kind, string>;

/** With `validateOnly` nothing is stored; the answer is what would have been. */
export async function create<F>(
  tx: Tx,
  kind: Kind,
  accountId: string,
  write: Write<F>,
  validateOnly: boolean,
): Promise<Tunnel<F>> {
  await requireFreeNames(tx.db, kind, accountId, [{ id: null, name: write.name }]);
  const now = new Date();
  const psk = write.psk ?? null;
  const tunnel: Tunnel<F> = {
    id: newHexId(),
    accountId,
    kind,
    name: write.name,
    fields: write.fields,
    pskGeneratedOn: psk === null ? null : now,
    createdOn: now,
    modifiedOn: now,
  };
  if (!validateOnly) await store.insert(tx, tunnel, psk);
  return tunnel;
}

/** All or none of `changes`, each a tunnel and what becomes of it; answers the tunnels in their order. */
export async function change<F, C extends { readonly id: string }>(
  tx: Tx,
  kind: Kind,
  accountId: string,
  changes: readonly C[],
  writeOf: (change: C, stored: Tunnel<F>) => Write<F>,
  validateOnly: boolean,
): Promise<Tunnel<F>[]> {
  const ids = changes.map(({ id }) => id);
  const repeated = firstRepeated(ids);
  if (repeated !== undefined)
    throw new ApiError('invalid_request', `the tunnel "${repeated}" is named twice`);
  const stored = new Map((await store.findAll<F>(tx.db, kind, accountId, ids)).map((row) => [row.id, row]));
  const now = new Date();
  const written = changes.map((one) => {
    const before = stored.get(one.id);
    if (!before) throw new ApiError('magic_tunnel_missing', `${NAMES[kind]} tunnel "${one.id}"`);
    const write = writeOf(one, before);
    const pskGeneratedOn = write.psk ? now : before.pskGeneratedOn;
    const after = { ...before, name: write.name, fields: write.fields, pskGeneratedOn, modifiedOn: now };
    return { after, write };
  });
  const result = written.map(({ after }) => after);
  await requireFreeNames(tx.db, kind, accountId, result);
  if (!validateOnly) await store.update(tx, written);
  return result;
}

export async function remove<F>(
  tx: Tx,
  kind: Kind,
  accountId: string,
  id: string,
  validateOnly: boolean,
): Promise<Tunnel<F>> {
  const tunnel = await get<F>(tx.db, kind, accountId, id);
  if (!validateOnly) await store.remove(tx, id);
  return tunnel;
}

/** A GRE tunnel's name is its own among GRE tunnels, an IPsec tunnel's among all tunnels, as the API describes them. */
async function requireFreeNames(
  db: Client,
  kind: Kind,
  accountId: string,
  tunnels: readonly { readonly id: string | null; readonly name: string }[],
): Promise<void> {
  const names = tunnels.map(({ name }) => name);
  const own = new Set(tunnels.map(({ id }) => id));
  const others = await store.namesakes(db, kind === 'gre' ? 'gre' : null, accountId, names);
  const taken = firstRepeated(names) ?? others.find(({ id }) => !own.has(id))?.name;
  if (taken !== undefined) throw new ApiError('magic_tunnel_name_taken', taken);
}

const firstRepeated = (texts: readonly string[]) =>
  texts.find((text, index) => texts.indexOf(text) !== index);
