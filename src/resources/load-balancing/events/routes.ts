import { failures, listOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

export function eventRoutes(app: Http, { db }: Context): void {
  app.get(
    '/accounts/:account_id/load_balancing_analytics/events',
    {
      config: { family: 'lb', alsoForUser: true },
      schema: {
        tags: ['Load balancing analytics'],
        summary: 'List changes of the health of origins, newest first',
        params: schema.accountParams,
        querystring: schema.query,
        response: { 200: listOf(schema.event), ...failures },
      },
    },
    ({ params, query }) => rules.list(db.read, params.account_id, query),
  );
}
