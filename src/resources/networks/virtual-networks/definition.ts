import type { VirtualNetwork } from '../../../storage/generated/client.js';
import type { Definition } from '../../../storage/tables/definition.js';

/** Those that were deleted are in the database only. */
export const virtualNetworks: Definition<VirtualNetwork, never> = {
  noun: 'virtual_network',
  ownerOf: ({ accountId }) => accountId,
  createdAt: ({ createdAt }) => createdAt,
  isKept: ({ deletedAt }) => deletedAt === null,
  indexes: {},
  relations: [],
  load: (db, ids) =>
    db.virtualNetwork.findMany({ where: { deletedAt: null, ...(ids ? { id: { in: [...ids] } } : {}) } }),
};
