import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { pageRequest, sliced } from '../../../api/pagination.js';
import { renderedOk, renderedPage } from '../../../api/rendered.js';
import { createMayDial } from '../../../net/direct-networks.js';
import type { Context } from '../../context.js';
import { reference } from '../references.js';
import { bulkChange } from './bulk.js';
import { poolHealth } from './health.js';
import { notices } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import type * as store from './store.js';
import { toWire } from './to-wire.js';

const PATH = '/accounts/:account_id/load_balancers/pools';
const ONE = `${PATH}/:pool_id`;
const config = { family: 'lb', alsoForUser: true } as const;
const tags = ['Load balancer pools'];
const response = { 200: successOf(schema.pool), ...failures };
const listResponse = { 200: listOf(schema.pool), ...failures };
const { accountParams, poolParams } = schema;

export function poolRoutes(app: Http, context: Context): void {
  const { db, committed, health, settings } = context;
  const written = (pool: store.Pool) =>
    ok(toWire(pool, health), notices(pool, createMayDial(settings.directNetworks.dialled)));

  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List pools',
        params: accountParams,
        querystring: schema.listQuery,
        response: listResponse,
      },
    },
    async ({ params, query: { monitor, ...page } }) => {
      const all = committed.pools.list(params.account_id);
      const wanted = monitor === undefined ? all : all.filter(({ row }) => row.monitorId === monitor);
      return renderedPage(wanted, pageRequest(page, null));
    },
  );

  app.post(
    PATH,
    {
      config,
      schema: { tags, summary: 'Create a pool', params: accountParams, body: schema.writeBody, response },
    },
    async ({ params, body }) =>
      written(await db.transact((tx) => rules.create(tx, settings, params.account_id, body))),
  );

  app.patch(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Take the notification address off pools, by name, one page of them at a time',
        params: accountParams,
        querystring: schema.bulkQuery,
        body: schema.bulkBody,
        response: listResponse,
      },
    },
    ({ params, query }) => db.transact((tx) => bulkChange(tx, params.account_id, query, health)),
  );

  app.get(
    ONE,
    { config, schema: { tags, summary: 'Get a pool', params: poolParams, response } },
    async ({ params }) => renderedOk(committed.pools.get(params.account_id, params.pool_id)),
  );

  app.put(
    ONE,
    {
      config,
      schema: { tags, summary: 'Replace a pool', params: poolParams, body: schema.writeBody, response },
    },
    async ({ params: { account_id, pool_id }, body }) =>
      written(await db.transact((tx) => rules.replace(tx, settings, account_id, pool_id, body))),
  );

  app.patch(
    ONE,
    {
      config,
      schema: { tags, summary: 'Change a pool', params: poolParams, body: schema.patchBody, response },
    },
    async ({ params: { account_id, pool_id }, body }) =>
      written(await db.transact((tx) => rules.merge(tx, settings, account_id, pool_id, body))),
  );

  app.delete(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Delete a pool that no load balancer names',
        params: poolParams,
        response: { 200: successOf(schema.deleted), ...failures },
      },
    },
    async ({ params: { account_id, pool_id } }) => {
      await db.transact((tx) => rules.remove(tx, account_id, pool_id));
      return ok({ id: pool_id });
    },
  );

  app.get(
    `${ONE}/health`,
    {
      config,
      schema: {
        tags,
        summary: 'Show the health of a pool and its origins',
        params: poolParams,
        response: { 200: successOf(schema.poolHealth), ...failures },
      },
    },
    async ({ params }) => {
      const pool = await rules.get(db.read, params.account_id, params.pool_id);
      return ok(await poolHealth(context.dataPlane, pool, settings.location));
    },
  );

  app.get(
    `${ONE}/references`,
    {
      config,
      schema: {
        tags,
        summary: 'List the load balancers that name a pool, and its monitor or monitor group',
        params: poolParams,
        querystring: schema.referencesQuery,
        response: { 200: listOf(reference), ...failures },
      },
    },
    async ({ params, query }) =>
      sliced(await rules.references(db.read, params.account_id, params.pool_id), pageRequest(query, null)),
  );
}
