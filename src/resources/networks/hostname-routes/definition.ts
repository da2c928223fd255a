import { type HostnameRoute, Prisma } from '../../../storage/generated/client.js';
import { keptOf, keyIn, shownAs, softDeleted, tableOf } from '../../_kit/soft-deleted.js';
import type { StoredType } from '../../tunnels/tunnel-shape.js';
import { hostnameRoute } from './fields.js';

export type { HostnameRoute };

/** With what it leads to. */
export type NamedHostnameRoute = HostnameRoute & {
  readonly tunnel: { readonly name: string; readonly tunType: string };
};

export const hostnameRoutes = softDeleted<HostnameRoute, 'hostname' | 'tunnel'>({
  noun: 'hostname_route',
  indexes: {
    hostname: ({ accountId, hostname }) => keyIn(accountId, hostname),
    tunnel: ({ tunnelId }) => tunnelId,
  },
  relations: [tableOf('hostname_route', Object.values(Prisma.HostnameRouteScalarFieldEnum))],
  load: (db, ids) => db.hostnameRoute.findMany({ where: keptOf(ids) }),
});

export const hostnameRouteToWire = (route: NamedHostnameRoute) =>
  shownAs(hostnameRoute, route, {
    tunnel_name: route.tunnel.name,
    tun_type: route.tunnel.tunType as StoredType,
    // Terraform would take an empty text for a change of a comment that it never set.
    comment: route.comment ?? undefined,
  });
