import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { listed, pageRequest } from '../../../api/pagination.js';
import { accountObjects } from '../../_kit/account-objects.js';
import { withDeletion } from '../../_kit/list-filters.js';
import type { Context } from '../../context.js';
import { virtualNetworkToWire as toWire } from './definition.js';
import * as fields from './fields.js';
import { changeNetwork, createNetwork, liveNetwork, removeNetwork } from './rules.js';
import * as store from './store.js';

export function virtualNetworkRoutes(app: Http, { db, world, write, settings }: Context): void {
  accountObjects(app, {
    path: '/accounts/:account_id/teamnet/virtual_networks',
    id: 'virtual_network_id',
    tags: ['Virtual networks'],
    one: 'a virtual network',
    answer: fields.virtualNetwork,
    list: {
      many: 'virtual networks',
      query: fields.listQuery,
      async page(accountId, query) {
        const { items, total } = await store.list(db.read, accountId, withDeletion(query, settings));
        return listed(items.map(toWire), total, pageRequest(query, null));
      },
    },
    createBody: fields.createBody,
    patchBody: fields.patchBody,
    deleteQuery: fields.deleteQuery,
    create: async (accountId, body) =>
      ok(toWire(await write((draft) => createNetwork(draft, accountId, body)))),
    get: (accountId, id) => ok(toWire(liveNetwork(world, accountId, id))),
    change: async (accountId, id, body) =>
      ok(toWire(await write((draft) => changeNetwork(draft, accountId, id, body)))),
    remove: async (accountId, id, { force = false }) =>
      ok(toWire(await write((draft) => removeNetwork(draft, accountId, id, force)))),
  });
}
