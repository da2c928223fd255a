import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { listed, MAX_PER_PAGE, pageRequest } from '../../../api/pagination.js';
import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import type { Context } from '../../context.js';
import type { StoredType } from '../../tunnels/tunnel-types.js';
import { notices } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import * as store from './store.js';

const PATH = '/accounts/:account_id/zerotrust/routes/hostname';
const ONE = `${PATH}/:hostname_route_id`;
const config = { family: 'zt' } as const;
const tags = ['Hostname routes'];
const response = { 200: successOf(schema.hostnameRoute), ...failures };

export function hostnameRouteRoutes(app: Http, { db }: Context): void {
  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List hostname routes',
        params: schema.accountParams,
        querystring: schema.listQuery,
        response: { 200: listOf(schema.hostnameRoute), ...failures },
      },
    },
    async ({ params, query }) => {
      const page = pageRequest(query, MAX_PER_PAGE);
      const { items, total } = await store.list(db.read, params.account_id, query, page);
      return listed(items.map(toWire), total, page);
    },
  );

  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Create a hostname route',
        params: schema.accountParams,
        body: schema.createBody,
        response,
      },
    },
    async ({ params, body }) => written(await db.transact((tx) => rules.create(tx, params.account_id, body))),
  );

  app.get(
    ONE,
    { config, schema: { tags, summary: 'Get a hostname route', params: schema.routeParams, response } },
    async ({ params: { account_id, hostname_route_id } }) =>
      ok(toWire(await rules.get(db.read, account_id, hostname_route_id))),
  );

  app.patch(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Change a hostname route',
        params: schema.routeParams,
        body: schema.patchBody,
        response,
      },
    },
    async ({ params: { account_id, hostname_route_id }, body }) =>
      written(await db.transact((tx) => rules.change(tx, account_id, hostname_route_id, body))),
  );

  app.delete(
    ONE,
    { config, schema: { tags, summary: 'Delete a hostname route', params: schema.routeParams, response } },
    async ({ params: { account_id, hostname_route_id } }) =>
      ok(toWire(await db.transact((tx) => rules.remove(tx, account_id, hostname_route_id)))),
  );
}

function written(route: store.HostnameRoute) {
  const view = toWire(route);
  return ok(view, notices(view));
}

function toWire(route: store.HostnameRoute): schema.WireHostnameRoute {
  return {
    id: route.id,
    hostname: route.hostname,
    tunnel_id: route.tunnelId,
    tunnel_name: route.tunnel.name,
    tun_type: route.tunnel.tunType as StoredType,
    // Terraform would take an empty text for a change of a comment that it never set.
    ...(route.comment === null ? {} : { comment: route.comment }),
    created_at: timestamp(route.createdAt),
    deleted_at: timestampOrNull(route.deletedAt),
  };
}
