import { failures, listOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import { accountParams } from '../tunnel-shape.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

export function tunnelListRoutes(app: Http, context: Context): void {
  app.get(
    '/accounts/:account_id/tunnels',
    {
      config: { family: 'zt' },
      schema: {
        tags: ['Tunnels'],
        summary: 'List tunnels of all types',
        params: accountParams,
        querystring: schema.query,
        response: { 200: listOf(schema.anyTunnel), ...failures },
      },
    },
    ({ params, query }) => rules.list(context, params.account_id, query),
  );
}
