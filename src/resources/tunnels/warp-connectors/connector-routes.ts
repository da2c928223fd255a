import { z } from 'zod';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import { ApiError } from '../../../api/errors.js';
import type { Http } from '../../../api/http.js';
import { notice } from '../../../api/notices.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import type { Context } from '../../context.js';
import type { WarpConfiguration } from '../definition.js';
import { findTunnel, getTunnel } from '../rules.js';
import { findSecret, findWarpConfiguration } from '../store.js';
import { connectorToken } from '../tunnel-secret.js';
import { connectorParams, tunnelParams } from '../tunnel-shape.js';
import { configure, failOver, TYPE } from './rules.js';
import * as schema from './schema.js';

const PATH = '/accounts/:account_id/warp_connector/:tunnel_id';
const config = { family: 'zt' } as const;
const tags = ['WARP connectors'];
const response = { 200: successOf(schema.configuration), ...failures };

const NOT_YET = notice(
  'no_effect_yet',
  'ha_mode: it is stored, and there is no connector that could stand in for another',
);

/** What the connectors of a WARP connector tunnel are started with, and how they stand in for each other. */
export function connectorRoutes(app: Http, { db, world, write }: Context): void {
  app.get(
    `${PATH}/token`,
    {
      config,
      schema: {
        tags,
        summary: 'Get the token that a WARP connector is started with',
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
    `${PATH}/configurations`,
    {
      config,
      schema: {
        tags,
        summary: 'Get how the connectors of the tunnel stand in for each other',
        params: tunnelParams,
        response,
      },
    },
    async ({ params: { account_id, tunnel_id } }) => {
      const { id } = await findTunnel(db.read, account_id, TYPE, tunnel_id);
      return ok(toWire(id, await findWarpConfiguration(db.read, id)));
    },
  );

  app.put(
    `${PATH}/configurations`,
    {
      config,
      schema: {
        tags,
        summary: 'Change how the connectors of the tunnel stand in for each other',
        params: tunnelParams,
        body: schema.putBody,
        response,
      },
    },
    async ({ params: { account_id, tunnel_id }, body }) => {
      const put = await write((draft) => configure(draft, account_id, tunnel_id, body));
      return ok(toWire(tunnel_id, put), [NOT_YET]);
    },
  );

  app.get(
    `${PATH}/connections`,
    {
      config,
      schema: {
        tags,
        summary: 'List the connectors of the tunnel: none can register',
        params: tunnelParams,
        response: { 200: listOf(schema.client), ...failures },
      },
    },
    async ({ params: { account_id, tunnel_id } }) => {
      await findTunnel(db.read, account_id, TYPE, tunnel_id);
      return sliced<z.output<typeof schema.client>>([], pageRequest({}, null));
    },
  );

  app.get(
    `${PATH}/connectors/:connector_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Get a connector of the tunnel: none can register',
        params: connectorParams,
        response: { 200: successOf(schema.client), ...failures },
      },
    },
    async ({ params: { account_id, tunnel_id } }) => {
      await findTunnel(db.read, account_id, TYPE, tunnel_id);
      throw new ApiError('connector_missing');
    },
  );

  app.put(
    `${PATH}/failover`,
    {
      config,
      schema: {
        tags,
        summary: 'Make a connector of the tunnel the active one',
        params: tunnelParams,
        body: schema.failoverBody,
        response: { 200: successOf(z.null()), ...failures },
      },
    },
    async ({ params: { account_id, tunnel_id }, body }) =>
      failOver(world, account_id, tunnel_id, body.client_id),
  );
}

function toWire(tunnelId: string, configuration: WarpConfiguration): schema.WireConfiguration {
  return {
    tunnel_id: tunnelId,
    ha_mode: configuration.haMode as schema.HaMode,
    config: configuration.config as schema.HaConfig | null,
    configuration_version: configuration.version,
    created_at: timestamp(configuration.createdAt),
    updated_at: timestampOrNull(configuration.updatedAt),
  };
}
