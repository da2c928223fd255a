import { inForce } from '../../../api/api-changes.js';
import type { Http } from '../../../api/http.js';
import { MAX_PER_PAGE } from '../../../api/pagination.js';
import { accountObjects } from '../../_kit/account-objects.js';
import { withDeletion } from '../../_kit/list-filters.js';
import type { Context } from '../../context.js';
import { namedRouteToWire, routeToWire } from './definition.js';
import * as fields from './fields.js';
import { addressRoutes, networkRoutes } from './network-routes.js';
import { changeRoute, createRoute, getRoute, named, removeRoute } from './rules.js';
import * as store from './store.js';

export function teamnetRoutes(app: Http, context: Context): void {
  const { db, settings } = context;
  addressRoutes(app, context);
  if (!inForce('no_routes_by_network', settings.apiDate)) networkRoutes(app, context);

  accountObjects(app, context, {
    path: '/accounts/:account_id/teamnet/routes',
    id: 'route_id',
    tags: ['Routes'],
    one: 'a route',
    many: 'routes',
    answer: fields.route,
    readAnswer: fields.namedRoute,
    toWire: routeToWire,
    readToWire: namedRouteToWire,
    list: {
      query: store.listQuery,
      perPage: MAX_PER_PAGE,
      rows: (accountId, query, page) => store.list(db.read, accountId, withDeletion(query, settings), page),
    },
    createBody: fields.createBody,
    patchBody: fields.patchBody,
    create: createRoute,
    get: (world, accountId, id) => named(world, getRoute(world, accountId, id)),
    change: changeRoute,
    remove: removeRoute,
  });
}
