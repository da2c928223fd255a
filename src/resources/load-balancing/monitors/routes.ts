import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { renderedOk, renderedPage } from '../../../api/rendered.js';
import type { Context } from '../../context.js';
import { reference } from '../references.js';
import { notices } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import type * as store from './store.js';
import { toWire } from './to-wire.js';

const PATH = '/accounts/:account_id/load_balancers/monitors';
const ONE = `${PATH}/:monitor_id`;
const config = { family: 'lb', alsoForUser: true } as const;
const tags = ['Load balancer monitors'];
const response = { 200: successOf(schema.monitor), ...failures };
const { accountParams, monitorParams, listQuery, body } = schema;

export function monitorRoutes(app: Http, { db, committed, settings }: Context): void {
  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List monitors',
        params: accountParams,
        querystring: listQuery,
        response: { 200: listOf(schema.monitor), ...failures },
      },
    },
    async ({ params, query }) =>
      renderedPage(committed.monitors.list(params.account_id), pageRequest(query, null)),
  );

  app.post(
    PATH,
    { config, schema: { tags, summary: 'Create a monitor', params: accountParams, body, response } },
    async ({ params, body }) =>
      written(await db.transact((tx) => rules.create(tx, settings, params.account_id, body))),
  );

  app.get(
    ONE,
    { config, schema: { tags, summary: 'Get a monitor', params: monitorParams, response } },
    async ({ params }) => renderedOk(committed.monitors.get(params.account_id, params.monitor_id)),
  );

  app.put(
    ONE,
    { config, schema: { tags, summary: 'Replace a monitor', params: monitorParams, body, response } },
    async ({ params: { account_id, monitor_id }, body }) =>
      written(await db.transact((tx) => rules.replace(tx, settings, account_id, monitor_id, body))),
  );

  app.patch(
    ONE,
    { config, schema: { tags, summary: 'Change a monitor', params: monitorParams, body, response } },
    async ({ params: { account_id, monitor_id }, body }) =>
      written(await db.transact((tx) => rules.merge(tx, settings, account_id, monitor_id, body))),
  );

  app.delete(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Delete a monitor that no pool and no monitor group uses',
        params: monitorParams,
        response: { 200: successOf(schema.deleted), ...failures },
      },
    },
    async ({ params: { account_id, monitor_id } }) => {
      await db.transact((tx) => rules.remove(tx, account_id, monitor_id));
      return ok({ id: monitor_id });
    },
  );

  app.get(
    `${ONE}/references`,
    {
      config,
      schema: {
        tags,
        summary: 'List the pools and monitor groups that use a monitor',
        params: monitorParams,
        querystring: listQuery,
        response: { 200: listOf(reference), ...failures },
      },
    },
    async ({ params: { account_id, monitor_id }, query }) =>
      sliced(await rules.references(db.read, account_id, monitor_id), pageRequest(query, null)),
  );
}

const written = (monitor: store.Monitor) => ok(toWire(monitor), notices(monitor));
