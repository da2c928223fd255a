import { ApiError } from '../../../api/errors.js';
import { networksAround, parseIp } from '../../../net/addresses.js';
import { changedRow, keyIn, newRow } from '../../_kit/soft-deleted.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { getTunnel } from '../../tunnels/rules.js';
import { liveNetwork } from '../virtual-networks/rules.js';
import { coveringRoute, type NamedRoute, type Route } from './definition.js';
import {
  type CreateBody,
  type DeleteByNetworkQuery,
  fields,
  type IpQuery,
  type PatchBody,
  readNetwork,
} from './fields.js';

export function getRoute(world: WorkingWorld, accountId: string, id: string): Route {
  const route = world.routes.get(id);
  if (route?.accountId !== accountId) throw new ApiError('route_missing');
  return route;
}

export function named(world: WorkingWorld, route: Route): NamedRoute {
  const { name: tunnelName, tunType: tunnelType } = world.tunnels.get(route.tunnelId)!;
  const { name: virtualNetworkName } = world.virtualNetworks.get(route.virtualNetworkId)!;
  return { ...route, tunnelName, tunnelType, virtualNetworkName };
}

/** The route that traffic to the address takes, or null. Without a network named, that of the default one. */
export function lookUp(
  world: WorkingWorld,
  accountId: string,
  address: string,
  query: IpQuery,
): Route | null {
  const ip = parseIp(address);
  if (!ip) throw new ApiError('unparsable_input', `invalid address "${address}"; it must be an IP address`);
  // Without the fallback only routes in no network are meant, and every route here is in one.
  if (!query.virtual_network_id && query.default_virtual_network_fallback === false) return null;
  const { id } = liveNetwork(world, accountId, query.virtual_network_id);
  return coveringRoute(world, id, ip.text) ?? null;
}

/** The route of a network as a path spells it; without a virtual network named, that in the default one. */
export function byNetwork(
  world: WorkingWorld,
  accountId: string,
  spelled: string,
  virtualNetworkId: string | null | undefined,
): Route {
  const { id } = liveNetwork(world, accountId, virtualNetworkId);
  const [route] = world.routes.by('network', keyIn(id, networkInPath(spelled)));
  if (!route) throw new ApiError('route_missing');
  return route;
}

/** The canonical network that a path segment spells. */
export function networkInPath(spelled: string): string {
  const read = readNetwork(spelled);
  if ('complaint' in read) throw new ApiError('unparsable_input', `network ${read.complaint}`);
  return read.network;
}

export function createRoute(draft: WorkingDraft, accountId: string, body: CreateBody): Route {
  const { id: virtualNetworkId } = liveNetwork(draft, accountId, body.virtual_network_id);
  getTunnel(draft, accountId, body.tunnel_id);
  requireFree(draft, accountId, virtualNetworkId, body.network);
  const route = newRow<Route>(draft, fields, accountId, body, { virtualNetworkId });
  draft.routes.put(route);
  return route;
}

/** Changes what the body names; a null goes back to the default. New connections follow at once, open ones stay. */
export function changeRoute(draft: WorkingDraft, accountId: string, id: string, body: PatchBody): Route {
  const before = getRoute(draft, accountId, id);
  const { virtual_network_id = before.virtualNetworkId } = body;
  const { id: virtualNetworkId } = liveNetwork(draft, accountId, virtual_network_id);
  const after = changedRow(fields, before, body, { virtualNetworkId });
  getTunnel(draft, accountId, after.tunnelId);
  if (after.network !== before.network || after.virtualNetworkId !== before.virtualNetworkId)
    requireFree(draft, accountId, after.virtualNetworkId, after.network);
  if (after !== before) draft.routes.put(after);
  return after;
}

export function removeRoute(draft: WorkingDraft, accountId: string, id: string): Route {
  const route = { ...getRoute(draft, accountId, id), deletedAt: draft.now };
  draft.routes.put(route);
  return route;
}

/** The query narrows down which route is meant: one of another tunnel, or another type of tunnel, stays. */
export function removeByNetwork(
  draft: WorkingDraft,
  accountId: string,
  spelled: string,
  query: DeleteByNetworkQuery,
): Route {
  const { id } = byNetwork(draft, accountId, spelled, query.virtual_network_id);
  const { tunnelId, tunnelType } = named(draft, getRoute(draft, accountId, id));
  const otherTunnel = query.tunnel_id !== undefined && query.tunnel_id !== tunnelId;
  // A tunnel that is named has its own type; without one, routes of cloudflared are meant.
  const type = query.tun_type ?? (query.tunnel_id === undefined ? 'cfd_tunnel' : tunnelType);
  if (otherTunnel || type !== tunnelType) throw new ApiError('route_missing');
  return removeRoute(draft, accountId, id);
}

/** A subnet's addresses belong to clients of the account: routing them elsewhere would cut those off. */
function requireFree(
  draft: WorkingDraft,
  accountId: string,
  virtualNetworkId: string,
  network: string,
): void {
  for (const around of networksAround(network))
    if (draft.subnets.by('network', keyIn(accountId, around)).length > 0)
      throw new ApiError('route_reserved', around);
  if (draft.routes.by('network', keyIn(virtualNetworkId, network)).length > 0)
    throw new ApiError('route_exists');
}
