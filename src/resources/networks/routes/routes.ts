import { inForce } from '../../../api/api-changes.js';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { listed, MAX_PER_PAGE, pageRequest } from '../../../api/pagination.js';
import { accountObjects } from '../../_kit/account-objects.js';
import { withDeletion } from '../../_kit/list-filters.js';
import type { Context } from '../../context.js';
import { namedRouteToWire, routeToWire } from './definition.js';
import * as fields from './fields.js';
import { addressRoutes, networkRoutes } from './network-routes.js';
import { changeRoute, createRoute, getRoute, named, removeRoute } from './rules.js';
import * as store from './store.js';

export function teamnetRoutes(app: Http, context: Context): void {
  const { db, world, write, settings } = context;
  addressRoutes(app, context);
  if (!inForce('no_routes_by_network', settings.apiDate)) networkRoutes(app, context);

  accountObjects(app, {
    path: '/accounts/:account_id/teamnet/routes',
    id: 'route_id',
    tags: ['Routes'],
    one: 'a route',
    answer: fields.route,
    readAnswer: fields.namedRoute,
    list: {
      many: 'routes',
      query: fields.listQuery,
      async page(accountId, query) {
        const page = pageRequest(query, MAX_PER_PAGE);
        const { items, total } = await store.list(db.read, accountId, withDeletion(query, settings), page);
        return listed(items.map(namedRouteToWire), total, page);
      },
    },
    createBody: fields.createBody,
    patchBody: fields.patchBody,
    create: async (accountId, body) =>
      ok(routeToWire(await write((draft) => createRoute(draft, accountId, body)))),
    get: (accountId, id) => ok(namedRouteToWire(named(world, getRoute(world, accountId, id)))),
    change: async (accountId, id, body) =>
      ok(routeToWire(await write((draft) => changeRoute(draft, accountId, id, body)))),
    remove: async (accountId, id) =>
      ok(routeToWire(await write((draft) => removeRoute(draft, accountId, id)))),
  });
}
