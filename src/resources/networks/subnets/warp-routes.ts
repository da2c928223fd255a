import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import { notices } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import type { Subnet } from './store.js';
import { subnetView } from './view.js';

const PATH = '/accounts/:account_id/zerotrust/subnets/warp';
const ONE = `${PATH}/:subnet_id`;
const config = { family: 'zt' } as const;
const tags = ['Subnets'];
const response = { 200: successOf(schema.subnet), ...failures };

/** Subnets that devices get their addresses from. */
export function warpRoutes(app: Http, { db }: Context): void {
  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Create a subnet for devices',
        params: schema.accountParams,
        body: schema.createBody,
        response,
      },
    },
    async ({ params, body }) => written(await db.transact((tx) => rules.create(tx, params.account_id, body))),
  );

  app.get(
    ONE,
    { config, schema: { tags, summary: 'Get a subnet for devices', params: schema.subnetParams, response } },
    async ({ params }) => ok(subnetView(await rules.get(db.read, params.account_id, params.subnet_id))),
  );

  app.patch(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Change a subnet for devices',
        params: schema.subnetParams,
        body: schema.patchBody,
        response,
      },
    },
    async ({ params: { account_id, subnet_id }, body }) =>
      written(await db.transact((tx) => rules.change(tx, account_id, subnet_id, body))),
  );

  app.delete(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Delete a subnet for devices; null when there is none any more',
        params: schema.subnetParams,
        response: { 200: successOf(schema.subnet.nullable()), ...failures },
      },
    },
    async ({ params: { account_id, subnet_id } }) => {
      const deleted = await db.transact((tx) => rules.remove(tx, account_id, subnet_id));
      return ok(deleted && subnetView(deleted));
    },
  );
}

function written(subnet: Subnet) {
  const view = subnetView(subnet);
  return ok(view, notices(view));
}
