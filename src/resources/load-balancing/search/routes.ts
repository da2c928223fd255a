import { failures, ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { listed, pageRequest } from '../../../api/pagination.js';
import type { Context } from '../../context.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

const PER_PAGE = 25;

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
      const { page, perPage } = pageRequest(query, PER_PAGE);
      const take = perPage ?? PER_PAGE;
      const window = { skip: (page - 1) * take, take };
      const { resources, total } = rules.search(world, params.account_id, query, window);
      return {
        ...ok({ resources }),
        result_info: listed(resources, total, { page, perPage: take }).result_info,
      };
    },
  );
}
