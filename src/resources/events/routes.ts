import { failures, listOf } from '../../wire/envelope.js';
import type { Http } from '../../wire/http.js';
import type { Context } from '../context.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

export function eventRoutes(app: Http, { db }: Context): void {
  app.get(
    '/user/load_balancing_analytics/events',
    {
      config: { family: 'lb' },
      schema: {
        tags: ['Load balancing analytics'],
        summary: 'List changes of the health of origins, newest first',
        querystring: schema.query,
        response: { 200: listOf(schema.event), ...failures },
      },
    },
    ({ query }) => rules.list(db.read, query),
  );
}
