import { failures, listOf, ok, successOf } from '../../wire/envelope.js';
import type { Http } from '../../wire/http.js';
import { listed, MAX_PER_PAGE, pageRequest, sliced } from '../../wire/pagination.js';
import type { Context } from '../context.js';
import { connectionRoutes } from './connection-routes.js';
import { dropConnections } from './drop-connections.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import { connectorToken, encodeSecret } from './secret.js';
import * as store from './store.js';
import { tunnelView } from './view.js';

const PATH = '/accounts/:account_id/cfd_tunnel';
const config = { family: 'zt' } as const;
const tags = ['Tunnels'];
const response = { 200: successOf(schema.tunnel), ...failures };

export function tunnelRoutes(app: Http, context: Context): void {
  const { db, dataPlane } = context;
  const view = (tunnel: store.Tunnel) => tunnelView(tunnel, dataPlane.connections(tunnel.id));
  connectionRoutes(app, context);

  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List tunnels',
        params: schema.accountParams,
        querystring: schema.listQuery,
        response: { 200: listOf(schema.tunnel), ...failures },
      },
    },
    async ({ params, query: { status, ...query } }) => {
      const page = pageRequest(query, MAX_PER_PAGE);
      // The database cannot filter by what only the data plane knows, so then the pages are cut here.
      const stored = status === undefined ? page : pageRequest({}, null);
      const { items, total } = await store.list(db.read, params.account_id, query, stored);
      const tunnels = items.map(view);
      if (status === undefined) return listed(tunnels, total, page);
      return sliced(
        tunnels.filter((tunnel) => tunnel.status === status),
        page,
      );
    },
  );

  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Create a tunnel',
        params: schema.accountParams,
        body: schema.createBody,
        response: { 200: successOf(schema.createdTunnel), ...failures },
      },
    },
    async ({ params, body }) =>
      ok(createdView(await db.transact((tx) => rules.create(tx, params.account_id, body)))),
  );

  app.get(
    `${PATH}/:tunnel_id`,
    { config, schema: { tags, summary: 'Get a tunnel', params: schema.tunnelParams, response } },
    async ({ params }) => ok(view(await rules.get(db.read, params.account_id, params.tunnel_id))),
  );

  app.patch(
    `${PATH}/:tunnel_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Change a tunnel',
        params: schema.tunnelParams,
        body: schema.patchBody,
        response,
      },
    },
    async ({ params, body }) =>
      ok(view(await db.transact((tx) => rules.change(tx, params.account_id, params.tunnel_id, body)))),
  );

  app.delete(
    `${PATH}/:tunnel_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Delete a tunnel and its routes',
        params: schema.tunnelParams,
        querystring: schema.deleteQuery,
        response,
      },
    },
    async ({ params: { account_id, tunnel_id }, query: { cascade = false } }) => {
      const deleted = await db.transact((tx) => {
        const connections = dataPlane.connections(tunnel_id).length;
        return rules.remove(tx, account_id, tunnel_id, { connections, cascade });
      });
      // After the commit, so that what is dropped cannot register again.
      if (cascade) await dropConnections(dataPlane, tunnel_id, null);
      return ok(tunnelView(deleted, []));
    },
  );
}

function createdView(tunnel: store.NewTunnel): schema.WireCreatedTunnel {
  return {
    ...tunnelView(tunnel, []),
    token: connectorToken(tunnel, tunnel.secret),
    credentials_file: {
      AccountTag: tunnel.accountId,
      TunnelID: tunnel.id,
      TunnelName: tunnel.name,
      TunnelSecret: encodeSecret(tunnel.secret),
    },
  };
}
