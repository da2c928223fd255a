import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { notice } from '../../../api/notices.js';
import { accountParams, operations } from '../../_kit/operations.js';
import { shownAs } from '../../_kit/soft-deleted.js';
import type { Context } from '../../context.js';
import { warpConnectorView } from '../answers.js';
import type { WarpConfiguration } from '../definition.js';
import { findTunnel, findWarpConfiguration, NEVER_CONNECTED } from '../store.js';
import { tunnelOperations } from '../tunnel-operations.js';
import { tunnelParams, warpConnector } from '../tunnel-shape.js';
import { configure, createConnector, failOver, TYPE } from './rules.js';
import * as schema from './schema.js';

const PATH = `/accounts/:account_id/${TYPE}`;
const tags = ['WARP connectors'];

const NO_CONNECTOR = notice(
  'no_effect_yet',
  'tun_type: no WARP connector can register here, so its routes lead nowhere',
);
const NO_STAND_IN = notice(
  'no_effect_yet',
  'ha_mode: it is stored, and there is no connector that could stand in for another',
);

export function warpConnectorRoutes(app: Http, context: Context): void {
  const { db, world, write } = context;
  tunnelOperations(app, context, {
    type: TYPE,
    tags,
    one: 'a WARP connector tunnel',
    many: 'WARP connector tunnels',
    answer: warpConnector,
    view: warpConnectorView,
    deleteQuery: z.object({}),
    connector: schema.client,
    connectors: () => [],
    summaries: {
      token: 'Get the token that a WARP connector is started with',
      connections: 'List the connectors of the tunnel: none can register',
      connector: 'Get a connector of the tunnel: none can register',
    },
  });
  const { get, post, put } = operations(app, { family: 'zt', tags });

  post(
    PATH,
    'Create a WARP connector tunnel',
    { params: accountParams, body: schema.createBody, answer: warpConnector },
    async ({ params: { account_id }, body }) => {
      const created = await write((draft) => createConnector(draft, account_id, body));
      return ok(warpConnectorView({ ...created, ...NEVER_CONNECTED }), [NO_CONNECTOR]);
    },
  );

  get(
    `${PATH}/:tunnel_id/configurations`,
    'Get how the connectors of the tunnel stand in for each other',
    { params: tunnelParams, answer: schema.configuration },
    async ({ params: { account_id, tunnel_id } }) => {
      await findTunnel(db.read, account_id, TYPE, tunnel_id);
      return ok(configurationView(tunnel_id, await findWarpConfiguration(db.read, tunnel_id)));
    },
  );

  put(
    `${PATH}/:tunnel_id/configurations`,
    'Change how the connectors of the tunnel stand in for each other',
    { params: tunnelParams, body: schema.putBody, answer: schema.configuration },
    async ({ params: { account_id, tunnel_id }, body }) => {
      const changed = await write((draft) => configure(draft, account_id, tunnel_id, body));
      return ok(configurationView(tunnel_id, changed), [NO_STAND_IN]);
    },
  );

  put(
    `${PATH}/:tunnel_id/failover`,
    'Make a connector of the tunnel the active one',
    { params: tunnelParams, body: schema.failoverBody, answer: z.null() },
    ({ params: { account_id, tunnel_id }, body }) => failOver(world, account_id, tunnel_id, body.client_id),
  );
}

const configurationView = (tunnelId: string, configuration: WarpConfiguration) =>
  shownAs(schema.configuration, configuration, {
    tunnel_id: tunnelId,
    configuration_version: configuration.version,
  });
