import type { Http } from '../../../api/http.js';
import { accountObjects } from '../../_kit/account-objects.js';
import { conditionsOf, pageOf, withDeletion } from '../../_kit/list-filters.js';
import type { Context } from '../../context.js';
import { type VirtualNetwork, virtualNetworkToWire } from './definition.js';
import * as fields from './fields.js';
import { changeNetwork, createNetwork, liveNetwork, removeNetwork } from './rules.js';

export function virtualNetworkRoutes(app: Http, context: Context): void {
  const { db, settings } = context;
  accountObjects(app, context, {
    path: '/accounts/:account_id/teamnet/virtual_networks',
    id: 'virtual_network_id',
    tags: ['Virtual networks'],
    one: 'a virtual network',
    many: 'virtual networks',
    answer: fields.virtualNetwork,
    toWire: virtualNetworkToWire,
    list: {
      query: fields.listQuery,
      perPage: null,
      rows(accountId, { is_default, ...query }, page) {
        const filter = withDeletion({ is_default_network: is_default, ...query }, settings);
        const AND = conditionsOf(fields.filters, filter);
        return pageOf<VirtualNetwork>(db.read.virtualNetwork, { accountId, AND }, page);
      },
    },
    createBody: fields.createBody,
    patchBody: fields.patchBody,
    deleteQuery: fields.deleteQuery,
    create: createNetwork,
    get: liveNetwork,
    change: changeNetwork,
    remove: removeNetwork,
  });
}
