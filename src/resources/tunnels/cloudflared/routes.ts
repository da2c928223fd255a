import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import { connectorToken, encodeSecret } from '../tunnel-secret.js';
import { accountParams, listQuery, patchBody, tunnel, tunnelParams } from '../tunnel-shape.js';
import { configurationRoutes } from './configuration-routes.js';
import { connectionRoutes } from './connection-routes.js';
import { dropConnections } from './drop-connections.js';
import { listTunnels } from './listing.js';
import { managementRoutes } from './management-routes.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import type * as store from './store.js';
import { readView, tunnelView } from './view.js';

const TYPE = 'cfd_tunnel';
const PATH = '/accounts/:account_id/cfd_tunnel';
const config = { family: 'zt' } as const;
const tags = ['Tunnels'];
const response = { 200: successOf(tunnel), ...failures };

export function tunnelRoutes(app: Http, context: Context): void {
  const { db, dataPlane, settings } = context;
  const view = (tunnel: store.Tunnel) => tunnelView(tunnel, dataPlane.connections(tunnel.id));
  connectionRoutes(app, context);
  configurationRoutes(app, context);
  managementRoutes(app, context);

  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List tunnels',
        params: accountParams,
        querystring: listQuery,
        response: { 200: listOf(tunnel), ...failures },
      },
    },
    ({ params, query }) => listTunnels(context, params.account_id, [TYPE], query, tunnelView),
  );

  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Create a tunnel',
        params: accountParams,
        body: schema.createBody,
        response: { 200: successOf(schema.createdTunnel), ...failures },
      },
    },
    async ({ params, body }) =>
      ok(createdView(await db.transact((tx) => rules.create(tx, params.account_id, TYPE, body)))),
  );

  app.get(
    `${PATH}/:tunnel_id`,
    { config, schema: { tags, summary: 'Get a tunnel', params: tunnelParams, response } },
    async ({ params }) =>
      ok(readView(view(await rules.get(db.read, params.account_id, TYPE, params.tunnel_id)), settings)),
  );

  app.patch(
    `${PATH}/:tunnel_id`,
    {
      config,
      schema: { tags, summary: 'Change a tunnel', params: tunnelParams, body: patchBody, response },
    },
    async ({ params: { account_id, tunnel_id }, body }) =>
      ok(view(await db.transact((tx) => rules.change(tx, account_id, TYPE, tunnel_id, body)))),
  );

  app.delete(
    `${PATH}/:tunnel_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Delete a tunnel and its routes',
        params: tunnelParams,
        querystring: schema.deleteQuery,
        response,
      },
    },
    async ({ params: { account_id, tunnel_id }, query: { cascade = false } }) => {
      const deleted = await db.transact((tx) => {
        const connections = dataPlane.connections(tunnel_id).length;
        return rules.remove(tx, account_id, TYPE, tunnel_id, { connections, cascade });
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
