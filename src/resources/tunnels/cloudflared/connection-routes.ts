import { z } from 'zod';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import { ApiError } from '../../../api/errors.js';
import type { Http } from '../../../api/http.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import type { Context } from '../../context.js';
import { connectorViews } from '../answers.js';
import { findTunnel, getTunnel } from '../rules.js';
import { findSecret } from '../store.js';
import { connectorToken } from '../tunnel-secret.js';
import { connector, connectorParams, tunnelParams } from '../tunnel-shape.js';
import * as schema from './schema.js';

const TYPE = 'cfd_tunnel';
const PATH = '/accounts/:account_id/cfd_tunnel/:tunnel_id';
const config = { family: 'zt' } as const;
const tags = ['Tunnels'];

/** What a connector is started with, and the connectors that run. */
export function connectionRoutes(app: Http, { db, world, dataPlane }: Context): void {
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
      const tunnel = getTunnel(world, account_id, tunnel_id, [TYPE]);
      return ok(connectorToken(tunnel, await findSecret(db.read, tunnel_id)));
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
        response: { 200: listOf(connector), ...failures },
      },
    },
    async ({ params: { account_id, tunnel_id } }) => {
      await findTunnel(db.read, account_id, TYPE, tunnel_id);
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
      await findTunnel(db.read, account_id, TYPE, tunnel_id);
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
        response: { 200: successOf(connector), ...failures },
      },
    },
    async ({ params: { account_id, tunnel_id, connector_id } }) => {
      await findTunnel(db.read, account_id, TYPE, tunnel_id);
      const connections = dataPlane.connections(tunnel_id);
      const [found] = connectorViews(connections.filter(({ clientId }) => clientId === connector_id));
      if (!found) throw new ApiError('connector_missing');
      return ok(found);
    },
  );
}

/** Ends the live connections of a tunnel, or those of one connector. A cloudflared that still may, comes back. */
export async function dropConnections(
  dataPlane: Context['dataPlane'],
  tunnelId: string,
  clientId: string | null,
): Promise<void> {
  const live = dataPlane.connections(tunnelId);
  if (!live.some((connection) => clientId === null || connection.clientId === clientId)) return;
  try {
    await dataPlane.ask('drop_connections', { tunnelId, clientId });
  } catch (error) {
    throw new ApiError('overloaded', `the connections could not be ended: ${(error as Error).message}`);
  }
}
