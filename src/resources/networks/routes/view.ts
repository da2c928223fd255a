import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import type { WireNamedRoute, WireRoute } from './schema.js';
import type { NamedRoute, Route } from './store.js';

export function routeView(route: Route): WireRoute {
  return {
    id: route.id,
    network: route.network,
    tunnel_id: route.tunnelId,
    virtual_network_id: route.virtualNetworkId,
    comment: route.comment,
    created_at: timestamp(route.createdAt),
    deleted_at: timestampOrNull(route.deletedAt),
  };
}

export function namedRouteView(route: NamedRoute): WireNamedRoute {
  return {
    ...routeView(route),
    tun_type: route.tunnelType,
    tunnel_name: route.tunnelName,
    virtual_network_name: route.virtualNetworkName,
  };
}
