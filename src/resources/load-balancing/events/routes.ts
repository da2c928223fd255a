import type { Http } from '../../../api/http.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import * as schema from './schema.js';
import { list } from './store.js';

export function eventRoutes(app: Http, { db }: Context): void {
  const about = { family: 'lb', alsoForUser: true, tags: ['Load balancing analytics'] } as const;
  operations(app, about).list(
    '/accounts/:account_id/load_balancing_analytics/events',
    'List changes of the health of origins, newest first',
    { params: schema.accountParams, query: schema.query, answer: schema.event },
    ({ params, query }) => list(db.read, params.account_id, query),
  );
}
