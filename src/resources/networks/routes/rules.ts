import { ApiError } from '../../../api/errors.js';
import { newUuid } from '../../../api/identifiers.js';
import { parseIp } from '../../../net/ip.js';
import type { Client, Tx } from '../../../storage/database.js';
import { liveTunnel } from '../../tunnels/cloudflared/index.js';
import { liveNetwork } from '../virtual-networks/index.js';
import { readNetwork } from './network.js';
import type { CreateBody, DeleteByNetworkQuery, IpQuery, PatchBody } from './schema.js';
import * as store from './store.js';

/** The live route; throws when the account has none with this id, or none any more. */
export async function get(db: Client, accountId: string, id: string): Promise<store.NamedRoute> {
  const route = await store.find(db, accountId, id);
  if (!route || route.deletedAt) throw new ApiError('route_missing');
  return route;
}

/** The route that traffic to the address takes, or null. Without a network named, that of the default one. */
export async function lookUp(
  db: Client,
  accountId: string,
  address: string,
  query: IpQuery,
): Promise<store.NamedRoute | null> {
  const ip = parseIp(address);
  if (!ip) throw new ApiError('unparsable_input', `invalid address "${address}"; it must be an IP address`);
  // Without the fallback only routes in no network are meant, and every route here is in one.
  if (!query.virtual_network_id && query.default_virtual_network_fallback === false) return null;
  const network = await liveNetwork(db, accountId, query.virtual_network_id);
  return await store.findByIp(db, network.id, ip.text);
}

/** The live route of a network as a path spells it; without a virtual network named, that in the default one. */
export async function byNetwork(
  db: Client,
  accountId: string,
  spelled: string,
  virtualNetworkId: string | null | undefined,
): Promise<store.Route> {
  const { id } = await liveNetwork(db, accountId, virtualNetworkId);
  const route = await store.findByNetwork(db, id, networkInPath(spelled));
  if (!route) throw new ApiError('route_missing');
  return route;
}

/** The canonical network that a path segment spells. */
export function networkInPath(spelled: string): string {
  const read = readNetwork(spelled);
  if ('complaint' in read) throw new ApiError('unparsable_input', `network ${read.complaint}`);
  return read.network;
}

export async function create(tx: Tx, accountId: string, body: CreateBody): Promise<store.Route> {
  const virtualNetwork = await liveNetwork(tx.db, accountId, body.virtual_network_id);
  const tunnel = await liveTunnel(tx.db, accountId, body.tunnel_id);
  await requireFree(tx.db, accountId, virtualNetwork.id, body.network);
  const route: store.Route = {
    id: newUuid(),
    accountId,
    network: body.network,
    virtualNetworkId: virtualNetwork.id,
    tunnelId: tunnel.id,
    comment: body.comment ?? '',
    createdAt: new Date(),
    deletedAt: null,
  };
  await store.insert(tx, route);
  return route;
}

/** Changes what the body names; a null goes back to the default. New connections follow at once, open ones stay. */
export async function change(tx: Tx, accountId: string, id: string, body: PatchBody): Promise<store.Route> {
  const before = await get(tx.db, accountId, id);
  const after = { ...before };
  if (body.virtual_network_id !== undefined)
    after.virtualNetworkId = (await liveNetwork(tx.db, accountId, body.virtual_network_id)).id;
  if (body.tunnel_id !== undefined) after.tunnelId = (await liveTunnel(tx.db, accountId, body.tunnel_id)).id;
  if (body.network !== undefined) after.network = body.network;
  if (body.comment !== undefined) after.comment = body.comment ?? '';
  const moved = after.network !== before.network || after.virtualNetworkId !== before.virtualNetworkId;
  if (moved) await requireFree(tx.db, accountId, after.virtualNetworkId, after.network);
  const same = !moved && after.tunnelId === before.tunnelId && after.comment === before.comment;
  if (!same) await store.update(tx, after);
  return after;
}

export async function remove(tx: Tx, accountId: string, id: string): Promise<store.Route> {
  const route = { ...(await get(tx.db, accountId, id)), deletedAt: new Date() };
  await store.update(tx, route);
  return route;
}

/** The query narrows down which route is meant: one of another tunnel, or another type of tunnel, stays. */
export async function removeByNetwork(
  tx: Tx,
  accountId: string,
  spelled: string,
  query: DeleteByNetworkQuery,
): Promise<store.Route> {
  const { id } = await byNetwork(tx.db, accountId, spelled, query.virtual_network_id);
  const route = await get(tx.db, accountId, id);
  const otherTunnel = query.tunnel_id !== undefined && query.tunnel_id !== route.tunnelId;
  // A tunnel that is named has its own type; without one, routes of cloudflared are meant.
  const type = query.tun_type ?? (query.tunnel_id === undefined ? 'cfd_tunnel' : route.tunnelType);
  if (otherTunnel || type !== route.tunnelType) throw new ApiError('route_missing');
  return await remove(tx, accountId, id);
}

/** A subnet's addresses belong to clients of the account: routing them elsewhere would cut those off. */
async function requireFree(
  db: Client,
  accountId: string,
  virtualNetworkId: string,
  network: string,
): Promise<void> {
  const subnet = await store.subnetAround(db, accountId, network);
  if (subnet) throw new ApiError('route_reserved', subnet);
  if (await store.findByNetwork(db, virtualNetworkId, network)) throw new ApiError('route_exists');
}
