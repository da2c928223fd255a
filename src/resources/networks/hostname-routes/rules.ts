import { ApiError } from '../../../api/errors.js';
import { newUuid } from '../../../api/identifiers.js';
import type { Client, Tx } from '../../../storage/database.js';
import { liveTunnel } from '../../tunnels/cloudflared/index.js';
import type { CreateBody, PatchBody } from './schema.js';
import * as store from './store.js';

/** The live route; throws when the account has none with this id, or none any more. */
export async function get(db: Client, accountId: string, id: string): Promise<store.HostnameRoute> {
  const route = await store.find(db, accountId, id);
  if (!route || route.deletedAt) throw new ApiError('hostname_route_missing');
  return route;
}

export async function create(tx: Tx, accountId: string, body: CreateBody): Promise<store.HostnameRoute> {
  const tunnel = await liveTunnel(tx.db, accountId, body.tunnel_id);
  await requireFree(tx.db, accountId, body.hostname);
  return await store.insert(tx, {
    id: newUuid(),
    accountId,
    hostname: body.hostname,
    tunnelId: tunnel.id,
    comment: body.comment ?? null,
    createdAt: new Date(),
    deletedAt: null,
  });
}

/** Changes what the body names; an empty body changes nothing. */
export async function change(
  tx: Tx,
  accountId: string,
  id: string,
  body: PatchBody,
): Promise<store.HostnameRoute> {
  const before = await get(tx.db, accountId, id);
  const { hostname = before.hostname, tunnel_id: tunnelId = before.tunnelId } = body;
  const comment = body.comment === undefined ? before.comment : body.comment;
  if (tunnelId !== before.tunnelId) await liveTunnel(tx.db, accountId, tunnelId);
  if (hostname !== before.hostname) await requireFree(tx.db, accountId, hostname);
  const same = hostname === before.hostname && tunnelId === before.tunnelId && comment === before.comment;
  return same ? before : await store.update(tx, id, { hostname, tunnelId, comment });
}

export async function remove(tx: Tx, accountId: string, id: string): Promise<store.HostnameRoute> {
  await get(tx.db, accountId, id);
  return await store.update(tx, id, { deletedAt: new Date() });
}

async function requireFree(db: Client, accountId: string, hostname: string): Promise<void> {
  if (await store.findByHostname(db, accountId, hostname))
    throw new ApiError('hostname_route_exists', hostname);
}
