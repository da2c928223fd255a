import type { LiveRoute } from '../../../live/snapshot.js';
import type { Route } from '../../../storage/generated/client.js';
import type { Definition } from '../../../storage/tables/definition.js';

/** Those that were deleted are in the database only. */
export const routes: Definition<Route, 'network'> = {
  noun: 'route',
  ownerOf: ({ accountId }) => accountId,
  createdAt: ({ createdAt }) => createdAt,
  isKept: ({ deletedAt }) => deletedAt === null,
  indexes: { network: ({ virtualNetworkId, network }) => networkKey(virtualNetworkId, network) },
  relations: [],
  load: (db, ids) =>
    db.route.findMany({ where: { deletedAt: null, ...(ids ? { id: { in: [...ids] } } : {}) } }),
};

/** `network` is a canonical CIDR. */
export const networkKey = (virtualNetworkId: string, network: string) => `${virtualNetworkId} ${network}`;

export const liveRoute = ({ id, virtualNetworkId, network, tunnelId }: Route): LiveRoute => ({
  id,
  virtualNetworkId,
  network,
  tunnelId,
});
