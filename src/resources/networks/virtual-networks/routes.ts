import type { Http } from '../../../api/http.js';
import { uuid } from '../../../api/identifiers.js';
import { crudRoutes } from '../../_kit/crud.js';
import { conditionsOf, pageOf, withDeletion } from '../../_kit/list-filters.js';
import { fromDatabase } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import { type VirtualNetwork, virtualNetworkToWire } from './definition.js';
import { bodies, deleteQuery, filters, type ListQuery, listQuery, virtualNetwork } from './fields.js';
import { changeNetwork, createNetwork, liveNetwork, removeNetwork } from './rules.js';

export function virtualNetworkRoutes(app: Http, context: Context): void {
  const { db, world, settings } = context;
  crudRoutes(app, context, {
    path: '/accounts/:account_id/teamnet/virtual_networks',
    id: ['virtual_network_id', uuid],
    config: { family: 'zt' },
    tags: ['Virtual networks'],
    one: 'a virtual network',
    many: 'virtual networks',
    answer: virtualNetwork,
    deleted: virtualNetwork,
    deleteQuery,
    bodies,
    withoutPut: true,
    shown: fromDatabase(world, {
      query: listQuery,
      perPage: null,
      rows(accountId, { is_default, ...query }: ListQuery, page) {
        const filter = withDeletion({ is_default_network: is_default, ...query }, settings);
        const AND = conditionsOf(filters, filter);
        return pageOf<VirtualNetwork>(db.read.virtualNetwork, { accountId, AND }, page);
      },
      get: liveNetwork,
      toWire: virtualNetworkToWire,
    }),
    create: createNetwork,
    change: changeNetwork,
    remove: removeNetwork,
  });
}
