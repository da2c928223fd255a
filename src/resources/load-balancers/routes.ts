import { failures, listOf, ok, successOf } from '../../wire/envelope.js';
import type { Http } from '../../wire/http.js';
import { pageRequest, sliced } from '../../wire/pagination.js';
import type { Context } from '../context.js';
import { notices } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import { toWire } from './to-wire.js';

const PATH = '/zones/:zone_id/load_balancers';
const ONE = `${PATH}/:load_balancer_id`;
const config = { family: 'lb' } as const;
const tags = ['Load balancers'];
const response = { 200: successOf(schema.loadBalancer), ...failures };
const { zoneParams, loadBalancerParams } = schema;

export function loadBalancerRoutes(app: Http, { db }: Context): void {
  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List the load balancers of a zone',
        params: zoneParams,
        querystring: schema.listQuery,
        response: { 200: listOf(schema.loadBalancer), ...failures },
      },
    },
    async ({ params, query }) => {
      const balancers = await rules.list(db.read, params.zone_id);
      return sliced(balancers.map(toWire), pageRequest(query, null));
    },
  );

  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Create a load balancer',
        params: zoneParams,
        body: schema.writeBody,
        response,
      },
    },
    async ({ params, body }) => written(await db.transact((tx) => rules.create(tx, params.zone_id, body))),
  );

  app.get(
    ONE,
    { config, schema: { tags, summary: 'Get a load balancer', params: loadBalancerParams, response } },
    async ({ params }) => ok(toWire(await rules.get(db.read, params.zone_id, params.load_balancer_id))),
  );

  app.put(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Replace a load balancer',
        params: loadBalancerParams,
        body: schema.writeBody,
        response,
      },
    },
    async ({ params: { zone_id, load_balancer_id }, body }) =>
      written(await db.transact((tx) => rules.replace(tx, zone_id, load_balancer_id, body))),
  );

  app.patch(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Change a load balancer',
        params: loadBalancerParams,
        body: schema.patchBody,
        response,
      },
    },
    async ({ params: { zone_id, load_balancer_id }, body }) =>
      written(await db.transact((tx) => rules.merge(tx, zone_id, load_balancer_id, body))),
  );

  app.delete(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Delete a load balancer',
        params: loadBalancerParams,
        response: { 200: successOf(schema.deleted), ...failures },
      },
    },
    async ({ params: { zone_id, load_balancer_id } }) => {
      await db.transact((tx) => rules.remove(tx, zone_id, load_balancer_id));
      return ok({ id: load_balancer_id });
    },
  );
}

const written = (found: rules.InZone) => ok(toWire(found), notices(found.balancer));
