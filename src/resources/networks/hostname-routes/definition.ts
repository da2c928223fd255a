import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import { type HostnameRoute, Prisma } from '../../../storage/generated/client.js';
import { keptOf, keyIn, softDeleted, tableOf } from '../../_kit/soft-deleted.js';
import type { StoredType } from '../../tunnels/tunnel-shape.js';
import type { WireHostnameRoute } from './fields.js';

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

export const hostnameRouteToWire = (route: NamedHostnameRoute): WireHostnameRoute => ({
  id: route.id,
  hostname: route.hostname,
  tunnel_id: route.tunnelId,
  tunnel_name: route.tunnel.name,
  tun_type: route.tunnel.tunType as StoredType,
  // Terraform would take an empty text for a change of a comment that it never set.
  ...(route.comment === null ? {} : { comment: route.comment }),
  created_at: timestamp(route.createdAt),
  deleted_at: timestampOrNull(route.deletedAt),
});
