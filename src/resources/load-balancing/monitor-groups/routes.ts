import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { renderedOk, renderedPage } from '../../../api/rendered.js';
import type { Context } from '../../context.js';
import { reference } from '../references.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import { toWire } from './to-wire.js';

const PATH = '/accounts/:account_id/load_balancers/monitor_groups';
const ONE = `${PATH}/:monitor_group_id`;
const config = { family: 'lb' } as const;
const tags = ['Load balancer monitor groups'];
const response = { 200: successOf(schema.monitorGroup), ...failures };
const { accountParams, groupParams, listQuery, writeBody, patchBody } = schema;

export function monitorGroupRoutes(app: Http, { db, committed }: Context): void {
  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List monitor groups',
        params: accountParams,
        querystring: listQuery,
        response: { 200: listOf(schema.monitorGroup), ...failures },
      },
    },
    async ({ params, query }) =>
      renderedPage(committed.monitorGroups.list(params.account_id), pageRequest(query, null)),
  );

  app.post(
    PATH,
    {
      config,
      schema: { tags, summary: 'Create a monitor group', params: accountParams, body: writeBody, response },
    },
    async ({ params, body }) =>
      ok(toWire(await db.transact((tx) => rules.create(tx, params.account_id, body)))),
  );

  app.get(
    ONE,
    { config, schema: { tags, summary: 'Get a monitor group', params: groupParams, response } },
    async ({ params: { account_id, monitor_group_id } }) =>
      renderedOk(committed.monitorGroups.get(account_id, monitor_group_id)),
  );

  app.put(
    ONE,
    {
      config,
      schema: { tags, summary: 'Replace a monitor group', params: groupParams, body: writeBody, response },
    },
    async ({ params: { account_id, monitor_group_id }, body }) =>
      ok(toWire(await db.transact((tx) => rules.change(tx, account_id, monitor_group_id, body)))),
  );

  app.patch(
    ONE,
    {
      config,
      schema: { tags, summary: 'Change a monitor group', params: groupParams, body: patchBody, response },
    },
    async ({ params: { account_id, monitor_group_id }, body }) =>
      ok(toWire(await db.transact((tx) => rules.change(tx, account_id, monitor_group_id, body)))),
  );

  app.delete(
    ONE,
    {
      config,
      schema: { tags, summary: 'Delete a monitor group that no pool uses', params: groupParams, response },
    },
    async ({ params: { account_id, monitor_group_id } }) =>
      ok(toWire(await db.transact((tx) => rules.remove(tx, account_id, monitor_group_id)))),
  );

  app.get(
    `${ONE}/references`,
    {
      config,
      schema: {
        tags,
        summary: 'List the pools that use a monitor group, and its monitors',
        params: groupParams,
        querystring: listQuery,
        response: { 200: listOf(reference), ...failures },
      },
    },
    async ({ params: { account_id, monitor_group_id }, query }) =>
      sliced(await rules.references(db.read, account_id, monitor_group_id), pageRequest(query, null)),
  );
}
