import { failures, listOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { listed, MAX_PER_PAGE, pageRequest } from '../../../api/pagination.js';
import type { Context } from '../../context.js';
import { deletionFilter } from '../../deletion-filter.js';
import * as schema from './schema.js';
import * as store from './store.js';
import { subnetView } from './view.js';
import { warpRoutes } from './warp-routes.js';
import { wellKnownRoutes } from './well-known-routes.js';

export function subnetRoutes(app: Http, context: Context): void {
  warpRoutes(app, context);
  wellKnownRoutes(app, context);

  app.get(
    '/accounts/:account_id/zerotrust/subnets',
    {
      config: { family: 'zt' },
      schema: {
        tags: ['Subnets'],
        summary: 'List subnets',
        params: schema.accountParams,
        querystring: schema.listQuery,
        response: { 200: listOf(schema.subnet), ...failures },
      },
    },
    async ({ params, query }) => {
      const page = pageRequest(query, MAX_PER_PAGE);
      const filter = deletionFilter(query, context.settings);
      const { items, total } = await store.list(context.db.read, params.account_id, filter, page);
      return listed(items.map(subnetView), total, page);
    },
  );
}
