import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId, uuid } from '../../../api/identifiers.js';
import { flag } from '../../../api/text.js';
import { accountParams, operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { connectorViews, tunnelView } from '../answers.js';
import { createTunnel } from '../rules.js';
import { findTunnel, NEVER_CONNECTED } from '../store.js';
import { dropConnections, tunnelOperations } from '../tunnel-operations.js';
import { connectorToken, encodeSecret, newSecret } from '../tunnel-secret.js';
import { cloudflaredShape, connector, createBody, tunnel, tunnelParams } from '../tunnel-shape.js';
import { configurationRoutes } from './configuration-routes.js';
import { managementRoutes } from './management-routes.js';

/** The only answer, next to `/token`, that carries the secret. */
const createdTunnel = cloudflaredShape
  .extend({
    token: z.string(),
    credentials_file: z.object({
      AccountTag: hexId,
      TunnelID: z.uuid(),
      TunnelName: z.string(),
      TunnelSecret: z.string(),
    }),
  })
  .meta({ id: 'CreatedTunnel' });

const TYPE = 'cfd_tunnel';
const PATH = `/accounts/:account_id/${TYPE}`;
const tags = ['Tunnels'];

export function tunnelRoutes(app: Http, context: Context): void {
  const { db, dataPlane, write } = context;
  configurationRoutes(app, context);
  managementRoutes(app, context);
  tunnelOperations(app, context, {
    type: TYPE,
    tags,
    one: 'a tunnel',
    many: 'tunnels',
    answer: tunnel,
    view: tunnelView,
    deleteQuery: z.object({ cascade: flag.optional() }),
    connector,
    connectors: connectorViews,
    summaries: {
      token: 'Get the token that a connector of the tunnel is started with',
      connections: 'List the connectors of a tunnel with their connections',
      connector: 'Get a connector of a tunnel with its connections',
    },
  });
  const { post, remove } = operations(app, { family: 'zt', tags });

  post(
    PATH,
    'Create a tunnel',
    { params: accountParams, body: createBody, answer: createdTunnel },
    async ({ params: { account_id }, body: { name, config_src, tunnel_secret } }) => {
      const secret = tunnel_secret ?? newSecret();
      const own = { name, tunType: TYPE, configSrc: config_src ?? 'local' } as const;
      const created = await write((draft) => createTunnel(draft, account_id, own, secret));
      return ok({
        ...tunnelView({ ...created, ...NEVER_CONNECTED }, []),
        token: connectorToken(created, secret),
        credentials_file: {
          AccountTag: account_id,
          TunnelID: created.id,
          TunnelName: name,
          TunnelSecret: encodeSecret(secret),
        },
      });
    },
  );

  remove(
    `${PATH}/:tunnel_id/connections`,
    'Drop the connections of a tunnel, or of one of its connectors',
    { params: tunnelParams, query: z.object({ client_id: uuid.optional() }), answer: z.null() },
    async ({ params: { account_id, tunnel_id }, query: { client_id = null } }) => {
      await findTunnel(db.read, account_id, TYPE, tunnel_id);
      await dropConnections(dataPlane, tunnel_id, client_id);
      return ok(null);
    },
  );
}
