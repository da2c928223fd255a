import type { Http } from '../../../api/http.js';
import { accountParams, operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { event, list, query } from './store.js';

export function eventRoutes(app: Http, { db }: Context): void {
  const about = { family: 'lb', alsoForUser: true, tags: ['Load balancing analytics'] } as const;
  operations(app, about).list(
    '/accounts/:account_id/load_balancing_analytics/events',
    'List changes of the health of origins, newest first',
    { params: accountParams, query, answer: event },
    ({ params, query }) => list(db.read, params.account_id, query),
  );
}
