import { Prisma, type VirtualNetwork } from '../../../storage/generated/client.js';
import { keptOf, keyIn, shownAs, softDeleted, tableOf } from '../../_kit/soft-deleted.js';
import { virtualNetwork } from './fields.js';

export type { VirtualNetwork };

export const virtualNetworks = softDeleted<VirtualNetwork, 'name' | 'default'>({
  noun: 'virtual_network',
  indexes: {
    name: ({ accountId, name }) => keyIn(accountId, name),
    default: ({ accountId, isDefault }) => (isDefault ? accountId : null),
  },
  relations: [tableOf('virtual_network', Object.values(Prisma.VirtualNetworkScalarFieldEnum))],
  load: (db, ids) => db.virtualNetwork.findMany({ where: keptOf(ids) }),
});

export const virtualNetworkToWire = (network: VirtualNetwork) =>
  shownAs(virtualNetwork, network, { is_default_network: network.isDefault });
