import { failures } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

export function searchRoutes(app: Http, { world }: Context): void {
  app.get(
    '/accounts/:account_id/load_balancers/search',
    {
      config: { family: 'lb' },
      schema: {
        tags: ['Load balancing search'],
        summary: 'Find load balancers, monitors and pools by what their names contain',
        params: schema.accountParams,
        querystring: schema.searchQuery,
        response: { 200: schema.found, ...failures },
      },
    },
    async ({ params, query }) => {
      const found = rules.search(world, params.account_id, query);
      return { ...found, result: { resources: found.result } };
    },
  );
}
