import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import { accountParams, listQuery, patchBody, tunnelParams, warpConnector } from '../tunnel-shape.js';
import { connectorRoutes } from './connector-routes.js';
import { notices } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

const PATH = '/accounts/:account_id/warp_connector';
const ONE = `${PATH}/:tunnel_id`;
const config = { family: 'zt' } as const;
const tags = ['WARP connectors'];
const response = { 200: successOf(warpConnector), ...failures };

export function warpConnectorRoutes(app: Http, context: Context): void {
  const { db, settings } = context;
  connectorRoutes(app, context);

  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List WARP connector tunnels',
        params: accountParams,
        querystring: listQuery,
        response: { 200: listOf(warpConnector), ...failures },
      },
    },
    ({ params, query }) => rules.list(context, params.account_id, query),
  );

  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Create a WARP connector tunnel',
        params: accountParams,
        body: schema.createBody,
        response,
      },
    },
    async ({ params, body }) => {
      const created = rules.view(await db.transact((tx) => rules.create(tx, params.account_id, body)));
      return ok(created, notices(created));
    },
  );

  app.get(
    ONE,
    { config, schema: { tags, summary: 'Get a WARP connector tunnel', params: tunnelParams, response } },
    async ({ params }) =>
      ok(rules.readable(await rules.get(db.read, params.account_id, params.tunnel_id), settings)),
  );

  app.patch(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Change a WARP connector tunnel',
        params: tunnelParams,
        body: patchBody,
        response,
      },
    },
    async ({ params: { account_id, tunnel_id }, body }) =>
      ok(rules.view(await db.transact((tx) => rules.change(tx, account_id, tunnel_id, body)))),
  );

  app.delete(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Delete a WARP connector tunnel and its routes',
        params: tunnelParams,
        response,
      },
    },
    async ({ params: { account_id, tunnel_id } }) =>
      ok(rules.view(await db.transact((tx) => rules.remove(tx, account_id, tunnel_id)))),
  );
}
