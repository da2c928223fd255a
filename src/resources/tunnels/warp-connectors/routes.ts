import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { notice } from '../../../api/notices.js';
import { accountObjects } from '../../_kit/account-objects.js';
import type { Context } from '../../context.js';
import { listTunnels, readView, warpConnectorView as toWire } from '../answers.js';
import { changeTunnel, findTunnel, removeTunnel } from '../rules.js';
import { withTimes } from '../store.js';
import { listQuery, patchBody, warpConnector } from '../tunnel-shape.js';
import { connectorRoutes } from './connector-routes.js';
import { createConnector, TYPE } from './rules.js';
import * as schema from './schema.js';

const NOT_YET = notice(
  'no_effect_yet',
  'tun_type: no WARP connector can register here, so its routes lead nowhere',
);
/** None can register. */
const connections = { connections: 0, cascade: false };

export function warpConnectorRoutes(app: Http, context: Context): void {
  const { db, settings, write } = context;
  connectorRoutes(app, context);

  accountObjects(app, {
    path: '/accounts/:account_id/warp_connector',
    id: 'tunnel_id',
    tags: ['WARP connectors'],
    one: 'a WARP connector tunnel',
    deletable: ' and its routes',
    answer: warpConnector,
    list: {
      many: 'WARP connector tunnels',
      query: listQuery,
      page: (accountId, query) => listTunnels(context, accountId, [TYPE], query, toWire),
    },
    createBody: schema.createBody,
    patchBody,
    create: async (accountId, body) => {
      const created = await write((draft) => createConnector(draft, accountId, body));
      return ok(toWire({ ...created, connsActiveAt: null, connsInactiveAt: null }), [NOT_YET]);
    },
    get: async (accountId, id) =>
      ok(readView(toWire(await findTunnel(db.read, accountId, TYPE, id)), settings)),
    change: async (accountId, id, body) => {
      const changed = await write((draft) => changeTunnel(draft, accountId, TYPE, id, body));
      return ok(toWire(await withTimes(db.read, changed)));
    },
    remove: async (accountId, id) => {
      const deleted = await write((draft) => removeTunnel(draft, accountId, TYPE, id, connections));
      return ok(toWire(await withTimes(db.read, deleted)));
    },
  });
}
