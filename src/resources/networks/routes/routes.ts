import { inForce } from '../../../api/api-changes.js';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { listed, MAX_PER_PAGE, pageRequest } from '../../../api/pagination.js';
import type { Context } from '../../context.js';
import { deletionFilter } from '../../deletion-filter.js';
import { addressRoutes, networkRoutes } from './network-routes.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import * as store from './store.js';
import { namedRouteView, routeView } from './view.js';

const PATH = '/accounts/:account_id/teamnet/routes';
const config = { family: 'zt' } as const;
const tags = ['Routes'];
const response = { 200: successOf(schema.route), ...failures };

export function teamnetRoutes(app: Http, context: Context): void {
  const { db, settings } = context;
  addressRoutes(app, context);
  if (!inForce('no_routes_by_network', settings.apiDate)) networkRoutes(app, context);

  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List routes',
        params: schema.accountParams,
        querystring: schema.listQuery,
        response: { 200: listOf(schema.namedRoute), ...failures },
      },
    },
    async ({ params, query }) => {
      const page = pageRequest(query, MAX_PER_PAGE);
      const filter = deletionFilter(query, settings);
      const { items, total } = await store.list(db.read, params.account_id, filter, page);
      return listed(items.map(namedRouteView), total, page);
    },
  );

  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Create a route',
        params: schema.accountParams,
        body: schema.createBody,
        response,
      },
    },
    async ({ params, body }) =>
      ok(routeView(await db.transact((tx) => rules.create(tx, params.account_id, body)))),
  );

  app.get(
    `${PATH}/:route_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Get a route',
        params: schema.routeParams,
        response: { 200: successOf(schema.namedRoute), ...failures },
      },
    },
    async ({ params }) => ok(namedRouteView(await rules.get(db.read, params.account_id, params.route_id))),
  );

  app.patch(
    `${PATH}/:route_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Change a route',
        params: schema.routeParams,
        body: schema.patchBody,
        response,
      },
    },
    async ({ params, body }) =>
      ok(routeView(await db.transact((tx) => rules.change(tx, params.account_id, params.route_id, body)))),
  );

  app.delete(
    `${PATH}/:route_id`,
    { config, schema: { tags, summary: 'Delete a route', params: schema.routeParams, response } },
    async ({ params }) =>
      ok(routeView(await db.transact((tx) => rules.remove(tx, params.account_id, params.route_id)))),
  );
}
