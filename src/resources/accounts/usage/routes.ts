import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import * as schema from './schema.js';
import * as store from './store.js';

export function usageRoutes(app: Http, { db }: Context): void {
  app.get(
    '/accounts/:account_id/load_balancers/usage',
    {
      config: { family: 'lb' },
      schema: {
        tags: ['Load balancing usage'],
        summary: 'Count what an account has',
        params: schema.accountParams,
        response: { 200: successOf(schema.usage), ...failures },
      },
    },
    async ({ params }) => ok(await store.count(db.read, params.account_id)),
  );
}
