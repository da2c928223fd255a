import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { notice } from '../../../api/notices.js';
import { listed, MAX_PER_PAGE, pageRequest } from '../../../api/pagination.js';
import { accountObjects } from '../../_kit/account-objects.js';
import { withDeletion } from '../../_kit/list-filters.js';
import type { Context } from '../../context.js';
import { hostnameRouteToWire as toWire } from './definition.js';
import * as fields from './fields.js';
import { changeHostnameRoute, createHostnameRoute, getHostnameRoute, removeHostnameRoute } from './rules.js';
import * as store from './store.js';

const NOT_YET = notice(
  'no_effect_yet',
  'hostname: no traffic is routed by private host names; routes of IP networks are',
);

export function hostnameRouteRoutes(app: Http, { db, world, write }: Context): void {
  accountObjects(app, {
    path: '/accounts/:account_id/zerotrust/routes/hostname',
    id: 'hostname_route_id',
    tags: ['Hostname routes'],
    one: 'a hostname route',
    answer: fields.hostnameRoute,
    list: {
      many: 'hostname routes',
      query: fields.listQuery,
      async page(accountId, query) {
        const page = pageRequest(query, MAX_PER_PAGE);
        // This list has never shown deleted ones that nobody asked for.
        const { items, total } = await store.list(db.read, accountId, withDeletion(query, null), page);
        return listed(items.map(toWire), total, page);
      },
    },
    createBody: fields.createBody,
    patchBody: fields.patchBody,
    create: async (accountId, body) =>
      ok(toWire(await write((draft) => createHostnameRoute(draft, accountId, body))), [NOT_YET]),
    get: (accountId, id) => ok(toWire(getHostnameRoute(world, accountId, id))),
    change: async (accountId, id, body) =>
      ok(toWire(await write((draft) => changeHostnameRoute(draft, accountId, id, body))), [NOT_YET]),
    remove: async (accountId, id) =>
      ok(toWire(await write((draft) => removeHostnameRoute(draft, accountId, id)))),
  });
}
