import type { Client, Tx } from '../../storage/database.js';
import { ApiError } from '../../wire/errors.js';
import { newUuid } from '../../wire/identifiers.js';
import type { CreateBody, PatchBody } from './schema.js';
import { newSecret } from './secret.js';
import * as store from './store.js';

/** The tunnel, deleted or not; throws when the account has none with this id. */
export async function get(db: Client, accountId: string, id: string): Promise<store.Tunnel> {
  const tunnel = await store.find(db, accountId, id);
  if (!tunnel) throw new ApiError('tunnel_missing');
  return tunnel;
}

/** The tunnel `id`; throws unless it is live. */
export async function liveTunnel(db: Client, accountId: string, id: string): Promise<store.Tunnel> {
  const tunnel = await get(db, accountId, id);
  if (tunnel.deletedAt) throw new ApiError('tunnel_missing');
  return tunnel;
}

/** The secret of a live tunnel. */
export async function secretOf(db: Client, accountId: string, id: string): Promise<Uint8Array> {
  await liveTunnel(db, accountId, id);
  return await store.findSecret(db, id);
}

export async function create(tx: Tx, accountId: string, body: CreateBody): Promise<store.NewTunnel> {
  if (body.config_src === 'cloudflare')
    throw new ApiError('not_implemented', 'config_src "cloudflare" (a remotely managed tunnel)');
  await requireFreeName(tx.db, accountId, body.name);
  const tunnel: store.NewTunnel = {
    id: newUuid(),
    accountId,
    name: body.name,
    tunType: 'cfd_tunnel',
    configSrc: 'local',
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
export async function change(tx: Tx, accountId: string, id: string, body: PatchBody): Promise<store.Tunnel> {
  const before = await liveTunnel(tx.db, accountId, id);
  const name = body.name ?? before.name;
  if (name !== before.name) await requireFreeName(tx.db, accountId, name);
  if (name === before.name && !body.tunnel_secret) return before;
  return await store.update(tx, id, { name, ...(body.tunnel_secret ? { secret: body.tunnel_secret } : {}) });
}

/** Deletes the tunnel with its routes; one that has `connections` only when `cascade` says that they go as well. */
export async function remove(
  tx: Tx,
  accountId: string,
  id: string,
  { connections, cascade }: { connections: number; cascade: boolean },
): Promise<store.Tunnel> {
  await liveTunnel(tx.db, accountId, id);
  if (connections > 0 && !cascade) throw new ApiError('tunnel_connected');
  return await store.remove(tx, id, new Date());
}

async function requireFreeName(db: Client, accountId: string, name: string): Promise<void> {
  if (await store.findByName(db, accountId, name)) throw new ApiError('tunnel_name_taken');
}
