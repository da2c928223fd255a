import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { accountObjects } from '../../_kit/account-objects.js';
import type { Context } from '../../context.js';
import { listTunnels, readView, tunnelView } from '../answers.js';
import { changeTunnel, createTunnel, findTunnel, removeTunnel } from '../rules.js';
import { withTimes } from '../store.js';
import { connectorToken, encodeSecret, newSecret } from '../tunnel-secret.js';
import { listQuery, patchBody, tunnel } from '../tunnel-shape.js';
import { configurationRoutes } from './configuration-routes.js';
import { connectionRoutes, dropConnections } from './connection-routes.js';
import { managementRoutes } from './management-routes.js';
import * as schema from './schema.js';

const TYPE = 'cfd_tunnel';

export function tunnelRoutes(app: Http, context: Context): void {
  const { db, dataPlane, settings, write } = context;
  connectionRoutes(app, context);
  configurationRoutes(app, context);
  managementRoutes(app, context);

  accountObjects(app, {
    path: '/accounts/:account_id/cfd_tunnel',
    id: 'tunnel_id',
    tags: ['Tunnels'],
    one: 'a tunnel',
    deletable: ' and its routes',
    answer: tunnel,
    createdAnswer: schema.createdTunnel,
    list: {
      many: 'tunnels',
      query: listQuery,
      page: (accountId, query) => listTunnels(context, accountId, [TYPE], query, tunnelView),
    },
    createBody: schema.createBody,
    patchBody,
    deleteQuery: schema.deleteQuery,
    async create(accountId, { name, config_src, tunnel_secret }) {
      const secret = tunnel_secret ?? newSecret();
      const own = { name, tunType: TYPE, configSrc: config_src ?? 'local' } as const;
      const created = await write((draft) => createTunnel(draft, accountId, own, secret));
      return ok<schema.WireCreatedTunnel>({
        ...tunnelView({ ...created, connsActiveAt: null, connsInactiveAt: null }, []),
        token: connectorToken(created, secret),
        credentials_file: {
          AccountTag: accountId,
          TunnelID: created.id,
          TunnelName: name,
          TunnelSecret: encodeSecret(secret),
        },
      });
    },
    async get(accountId, id) {
      const found = await findTunnel(db.read, accountId, TYPE, id);
      return ok(readView(tunnelView(found, dataPlane.connections(id)), settings));
    },
    async change(accountId, id, body) {
      const changed = await write((draft) => changeTunnel(draft, accountId, TYPE, id, body));
      return ok(tunnelView(await withTimes(db.read, changed), dataPlane.connections(id)));
    },
    async remove(accountId, id, { cascade = false }) {
      const deleted = await write((draft) => {
        const connections = dataPlane.connections(id).length;
        return removeTunnel(draft, accountId, TYPE, id, { connections, cascade });
      });
      const shown = tunnelView(await withTimes(db.read, deleted), []);
      // After the commit, so that what is dropped cannot register again.
      if (cascade) await dropConnections(dataPlane, id, null);
      return ok(shown);
    },
  });
}
