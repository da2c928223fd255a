import { inForce } from '../../../api/api-changes.js';
import type { Http } from '../../../api/http.js';
import { uuid } from '../../../api/identifiers.js';
import { MAX_PER_PAGE } from '../../../api/pagination.js';
import { crudRoutes } from '../../_kit/crud.js';
import { withDeletion } from '../../_kit/list-filters.js';
import { fromDatabase } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import { namedRouteToWire, routeToWire } from './definition.js';
import { bodies, namedRoute, route } from './fields.js';
import { addressRoutes, networkRoutes } from './network-routes.js';
import { changeRoute, createRoute, getRoute, named, removeRoute } from './rules.js';
import * as store from './store.js';

export function teamnetRoutes(app: Http, context: Context): void {
  const { db, world, settings } = context;
  addressRoutes(app, context);
  if (!inForce('no_routes_by_network', settings.apiDate)) networkRoutes(app, context);

  crudRoutes(app, context, {
    path: '/accounts/:account_id/teamnet/routes',
    id: ['route_id', uuid],
    config: { family: 'zt' },
    tags: ['Routes'],
    one: 'a route',
    many: 'routes',
    answer: route,
    deleted: route,
    bodies,
    withoutPut: true,
    shown: fromDatabase(world, {
      answer: namedRoute,
      query: store.listQuery,
      perPage: MAX_PER_PAGE,
      rows: (accountId, query: store.ListQuery, page) =>
        store.list(db.read, accountId, withDeletion(query, settings), page),
      get: (world, accountId, id) => named(world, getRoute(world, accountId, id)),
      toWire: routeToWire,
      readToWire: namedRouteToWire,
    }),
    create: createRoute,
    change: changeRoute,
    remove: removeRoute,
  });
}
