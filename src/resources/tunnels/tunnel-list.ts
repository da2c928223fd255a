import { z } from 'zod';
import type { Http } from '../../api/http.js';
import { queryList } from '../../api/query-list.js';
import { accountParams, operations } from '../_kit/operations.js';
import type { Context } from '../context.js';
import { listTunnels, tunnelView, warpConnectorView } from './answers.js';
import { listQuery, STORED_TYPES, tunnel, tunnelType, warpConnector } from './tunnel-shape.js';

const query = listQuery.extend({ tun_types: queryList(tunnelType).optional() });

/** Tunnels of the types that the query names, or of all, each as its own type shows it. */
export function tunnelListRoutes(app: Http, context: Context): void {
  operations(app, { family: 'zt', tags: ['Tunnels'] }).list(
    '/accounts/:account_id/tunnels',
    'List tunnels of all types',
    { params: accountParams, query, answer: z.union([tunnel, warpConnector]) },
    ({ params, query: { tun_types, ...query } }) => {
      const types = STORED_TYPES.filter((type) => tun_types?.includes(type) ?? true);
      return listTunnels(context, params.account_id, types, query, (tunnel, connections) =>
        tunnel.tunType === 'warp_connector' ? warpConnectorView(tunnel) : tunnelView(tunnel, connections),
      );
    },
  );
}
