import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

const PATH = '/accounts/:account_id/load_balancers/regions';
const config = { family: 'lb' } as const;
const tags = ['Load balancer regions'];
const response = { 200: successOf(schema.regions), ...failures };
const querystring = schema.regionsQuery;

export function regionRoutes(app: Http): void {
  const params = schema.accountParams;
  app.get(
    PATH,
    {
      config,
      schema: { tags, summary: 'List regions with their countries', params, querystring, response },
    },
    async ({ query }) => ok(rules.find(query)),
  );

  app.get(
    `${PATH}/:region_id`,
    {
      config,
      schema: { tags, summary: 'Get a region with its countries', params: schema.regionParams, response },
    },
    async ({ params }) => ok(rules.get(params.region_id)),
  );

  app.get(
    '/user/load_balancers/regions',
    { config, schema: { tags, summary: 'List regions with their countries', querystring, response } },
    async ({ query }) => ok(rules.find(query)),
  );
}
