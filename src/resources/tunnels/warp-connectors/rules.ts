import { ApiError } from '../../../api/errors.js';
import type { Client, Tx } from '../../../storage/database.js';
import type { Context, Settings } from '../../context.js';
import {
  changeTunnel,
  createTunnel,
  getTunnel,
  listTunnels,
  liveTunnel,
  readView,
  removeTunnel,
  secretOf,
  type Tunnel,
  warpConnectorView,
} from '../cloudflared/index.js';
import type { ListQuery, PatchBody } from '../tunnel-shape.js';
import { haConfigComplaint } from './ha-config.js';
import type { CreateBody, PutBody } from './schema.js';
import * as store from './store.js';

const TYPE = 'warp_connector';

export const view = warpConnectorView;

/** As GET shows it. */
export const readable = (tunnel: Tunnel, settings: Settings) => readView(warpConnectorView(tunnel), settings);

export const list = (context: Context, accountId: string, query: ListQuery) =>
  listTunnels(context, accountId, [TYPE], query, warpConnectorView);

/** The tunnel, deleted or not; throws when the account has no WARP connector with this id. */
export const get = (db: Client, accountId: string, id: string) => getTunnel(db, accountId, TYPE, id);

export async function create(tx: Tx, accountId: string, { name, ha }: CreateBody): Promise<Tunnel> {
  const tunnel = await createTunnel(tx, accountId, TYPE, { name });
  await store.insertConfiguration(tx, {
    tunnelId: tunnel.id,
    haMode: ha ? 'none' : 'disabled',
    config: null,
    version: 0,
    createdAt: tunnel.createdAt,
    updatedAt: null,
  });
  return tunnel;
}

export const change = (tx: Tx, accountId: string, id: string, body: PatchBody) =>
  changeTunnel(tx, accountId, TYPE, id, body);

/** Deletes the tunnel with its routes. */
export const remove = (tx: Tx, accountId: string, id: string) =>
  removeTunnel(tx, accountId, TYPE, id, { connections: 0, cascade: false });

export const secret = (db: Client, accountId: string, id: string) => secretOf(db, accountId, TYPE, id);

export async function configurationOf(
  db: Client,
  accountId: string,
  id: string,
): Promise<store.WarpConfiguration> {
  await get(db, accountId, id);
  return await store.findConfiguration(db, id);
}

/** Makes the next version, also when nothing differs. */
export async function configure(
  tx: Tx,
  accountId: string,
  id: string,
  body: PutBody,
): Promise<store.WarpConfiguration> {
  await liveTunnel(tx.db, accountId, id, [TYPE]);
  const complaint = haConfigComplaint(body.ha_mode, body.config ?? null);
  if (complaint) throw new ApiError('unparsable_input', complaint);
  const before = await store.findConfiguration(tx.db, id);
  const empty = body.ha_mode === 'none' || body.ha_mode === 'disabled';
  const after = {
    ...before,
    haMode: body.ha_mode,
    config: empty ? null : (body.config ?? null),
    version: before.version + 1,
    updatedAt: new Date(),
  };
  await store.updateConfiguration(tx, after);
  return after;
}

/** Always throws: only a connector of the tunnel can become its active one, and none can register here. */
export async function failOver(db: Client, accountId: string, id: string, clientId: string): Promise<never> {
  await liveTunnel(db, accountId, id, [TYPE]);
  const { haMode } = await store.findConfiguration(db, id);
  if (haMode === 'disabled' || haMode === 'none')
    throw new ApiError('failover_impossible', `the tunnel has the ha_mode "${haMode}", and needs a provider`);
  throw new ApiError('failover_impossible', `"${clientId}" is not a connector of the tunnel`);
}
