import { z } from 'zod';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import { ApiError } from '../../../api/errors.js';
import type { Http } from '../../../api/http.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import type { Context } from '../../context.js';
import { connectorToken } from '../tunnel-secret.js';
import { connectorParams, tunnelParams } from '../tunnel-shape.js';
import { dropConnections } from './drop-connections.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import { connectorViews } from './view.js';

const TYPE = 'cfd_tunnel';
const PATH = '/accounts/:account_id/cfd_tunnel/:tunnel_id';
const config = { family: 'zt' } as const;
const tags = ['Tunnels'];

/** What a connector is started with, and the connectors that run. */
export function connectionRoutes(app: Http, { db, dataPlane }: Context): void {
  app.get(
    `${PATH}/token`,
    {
      config,
      schema: {
        tags,
        summary: 'Get the token that a connector of the tunnel is started with',
        params: tunnelParams,
        response: { 200: successOf(z.string()), ...failures },
      },
    },
    async ({ params: { account_id, tunnel_id } }) => {
      const secret = await rules.secretOf(db.read, account_id, TYPE, tunnel_id);
      return ok(connectorToken({ id: tunnel_id, accountId: account_id }, secret));
    },
  );

  app.get(
    `${PATH}/connections`,
    {
      config,
      schema: {
        tags,
        summary: 'List the connectors of a tunnel with their connections',
        params: tunnelParams,
        response: { 200: listOf(schema.connector), ...failures },
      },
    },
    async ({ params: { account_id, tunnel_id } }) => {
      await rules.get(db.read, account_id, TYPE, tunnel_id);
      return sliced(connectorViews(dataPlane.connections(tunnel_id)), pageRequest({}, null));
    },
  );

  app.delete(
    `${PATH}/connections`,
    {
      config,
      schema: {
        tags,
        summary: 'Drop the connections of a tunnel, or of one of its connectors',
        params: tunnelParams,
        querystring: schema.dropQuery,
        response: { 200: successOf(z.null()), ...failures },
      },
    },
    async ({ params: { account_id, tunnel_id }, query }) => {
      await rules.get(db.read, account_id, TYPE, tunnel_id);
      await dropConnections(dataPlane, tunnel_id, query.client_id ?? null);
      return ok(null);
    },
  );

  app.get(
    `${PATH}/connectors/:connector_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Get a connector of a tunnel with its connections',
        params: connectorParams,
        response: { 200: successOf(schema.connector), ...failures },
      },
    },
    async ({ params: { account_id, tunnel_id, connector_id } }) => {
      await rules.get(db.read, account_id, TYPE, tunnel_id);
      const connections = dataPlane.connections(tunnel_id);
      const [connector] = connectorViews(connections.filter(({ clientId }) => clientId === connector_id));
      if (!connector) throw new ApiError('connector_missing');
      return ok(connector);
    },
  );
}
