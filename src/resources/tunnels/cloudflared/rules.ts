import { ApiError } from '../../../api/errors.js';
import { newUuid } from '../../../api/identifiers.js';
import type { Client, Tx } from '../../../storage/database.js';
import { newSecret } from '../tunnel-secret.js';
import type { PatchBody } from '../tunnel-shape.js';
import { STORED_TYPES, type StoredType } from '../tunnel-types.js';
import type { CreateBody } from './schema.js';
import * as store from './store.js';

/** The tunnel of this type, deleted or not; throws when the account has none with this id. */
export async function get(
  db: Client,
  accountId: string,
  type: StoredType,
  id: string,
): Promise<store.Tunnel> {
  const tunnel = await store.find(db, accountId, [type], id);
  if (!tunnel) throw new ApiError('tunnel_missing');
  return tunnel;
}

/** The tunnel `id` of one of these types, or of any; throws unless it is live. */
export async function liveTunnel(
  db: Client,
  accountId: string,
  id: string,
  types: readonly StoredType[] = STORED_TYPES,
): Promise<store.Tunnel> {
  const tunnel = await store.find(db, accountId, types, id);
  if (!tunnel || tunnel.deletedAt) throw new ApiError('tunnel_missing');
  return tunnel;
}

/** The secret of a live tunnel. */
export async function secretOf(
  db: Client,
  accountId: string,
  type: StoredType,
  id: string,
): Promise<Uint8Array> {
  await liveTunnel(db, accountId, id, [type]);
  return await store.findSecret(db, id);
}

export async function create(
  tx: Tx,
  accountId: string,
  type: StoredType,
  body: CreateBody,
): Promise<store.NewTunnel> {
  await requireFreeName(tx.db, accountId, body.name);
  const tunnel: store.NewTunnel = {
    id: newUuid(),
    accountId,
    name: body.name,
    tunType: type,
    configSrc: body.config_src ?? 'local',
    secret: body.tunnel_secret ?? newSecret(),
    connsActiveAt: null,
    connsInactiveAt: null,
    createdAt: new Date(),
    deletedAt: null,
  };
  await store.insert(tx, tunnel);
  return tunnel;
}

/** Changes what the body names. A new secret counts from the next registration on: connectors that run stay. */
export async function change(
  tx: Tx,
  accountId: string,
  type: StoredType,
  id: string,
  body: PatchBody,
): Promise<store.Tunnel> {
  const before = await liveTunnel(tx.db, accountId, id, [type]);
  const name = body.name ?? before.name;
  if (name !== before.name) await requireFreeName(tx.db, accountId, name);
  if (name === before.name && !body.tunnel_secret) return before;
  return await store.update(tx, id, { name, ...(body.tunnel_secret ? { secret: body.tunnel_secret } : {}) });
}

/** Deletes the tunnel with its routes; one that has `connections` only when `cascade` says that they go as well. */
export async function remove(
  tx: Tx,
  accountId: string,
  type: StoredType,
  id: string,
  { connections, cascade }: { connections: number; cascade: boolean },
): Promise<store.Tunnel> {
  await liveTunnel(tx.db, accountId, id, [type]);
  if (connections > 0 && !cascade) throw new ApiError('tunnel_connected');
  return await store.remove(tx, id, new Date());
}

/** A name belongs to one live tunnel of the account, whatever the types. */
async function requireFreeName(db: Client, accountId: string, name: string): Promise<void> {
  if (await store.findByName(db, accountId, name)) throw new ApiError('tunnel_name_taken');
}
