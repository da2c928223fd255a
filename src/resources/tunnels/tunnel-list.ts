import { z } from 'zod';
import { failures, listOf } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { queryList } from '../../api/query-list.js';
import type { Context } from '../context.js';
import { listTunnels, tunnelView, warpConnectorView } from './answers.js';
import { accountParams, listQuery, STORED_TYPES, tunnel, tunnelType, warpConnector } from './tunnel-shape.js';

/** Tunnels of the types that the query names, or of all, each as its own type shows it. */
export function tunnelListRoutes(app: Http, context: Context): void {
  app.get(
    '/accounts/:account_id/tunnels',
    {
      config: { family: 'zt' },
      schema: {
        tags: ['Tunnels'],
        summary: 'List tunnels of all types',
        params: accountParams,
        querystring: listQuery.extend({ tun_types: queryList(tunnelType).optional() }),
        response: { 200: listOf(z.union([tunnel, warpConnector])), ...failures },
      },
    },
    ({ params, query: { tun_types, ...query } }) => {
      const types = STORED_TYPES.filter((type) => tun_types?.includes(type) ?? true);
      return listTunnels(context, params.account_id, types, query, (tunnel, connections) =>
        tunnel.tunType === 'warp_connector' ? warpConnectorView(tunnel) : tunnelView(tunnel, connections),
      );
    },
  );
}
