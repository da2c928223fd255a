import { networksAround } from '../../../net/addresses.js';
import type { LiveRoute } from '../../../state/snapshot.js';
import { Prisma, type Route } from '../../../storage/generated/client.js';
import type { Reader } from '../../../storage/tables/definition.js';
import { keptOf, keyIn, shownAs, softDeleted, tableOf } from '../../_kit/soft-deleted.js';
import type { StoredType } from '../../tunnels/tunnel-shape.js';
import { namedRoute, route } from './fields.js';

export type { Route };

/** With the names of what it leads to. */
export type NamedRoute = Route & {
  readonly tunnelName: string;
  readonly tunnelType: StoredType;
  readonly virtualNetworkName: string;
};

export const routes = softDeleted<Route, 'network' | 'virtual_network' | 'tunnel'>({
  noun: 'route',
  indexes: {
    network: ({ virtualNetworkId, network }) => keyIn(virtualNetworkId, network),
    virtual_network: ({ virtualNetworkId }) => virtualNetworkId,
    tunnel: ({ tunnelId }) => tunnelId,
  },
  relations: [tableOf('route', Object.values(Prisma.RouteScalarFieldEnum))],
  load: (db, ids) => db.route.findMany({ where: keptOf(ids) }),
});

/** The route of the virtual network with the longest prefix that covers the address, which is canonical. */
export function coveringRoute(
  { routes }: { readonly routes: Pick<Reader<Route, 'network'>, 'by'> },
  virtualNetworkId: string,
  address: string,
): Route | undefined {
  for (const network of networksAround(address)) {
    const [route] = routes.by('network', keyIn(virtualNetworkId, network));
    if (route) return route;
  }
  return undefined;
}

export const liveRoute = ({ id, virtualNetworkId, network, tunnelId }: Route): LiveRoute => ({
  id,
  virtualNetworkId,
  network,
  tunnelId,
});

export const routeToWire = (row: Route) => shownAs(route, row, {});

export const namedRouteToWire = (row: NamedRoute) => shownAs(namedRoute, row, { tun_type: row.tunnelType });
