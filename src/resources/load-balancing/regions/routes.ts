import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { operations } from '../../_kit/operations.js';
import * as rules from './rules.js';
import { accountParams, regions as answer, regionsQuery as query, regionParams } from './schema.js';

const PATH = '/accounts/:account_id/load_balancers/regions';

export function regionRoutes(app: Http): void {
  const { get } = operations(app, { family: 'lb', tags: ['Load balancer regions'] });
  const LIST = 'List regions with their countries';

  get(PATH, LIST, { params: accountParams, query, answer }, ({ query }) => ok(rules.find(query)));

  get(
    `${PATH}/:region_id`,
    'Get a region with its countries',
    { params: regionParams, answer },
    ({ params }) => ok(rules.get(params.region_id)),
  );

  get('/user/load_balancers/regions', LIST, { query, answer }, ({ query }) => ok(rules.find(query)));
}
