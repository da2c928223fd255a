import type { z } from 'zod';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { pageRequest } from '../../../api/pagination.js';
import { renderedOk, renderedPage } from '../../../api/rendered.js';
import type { Context } from '../../context.js';
import { notices } from './not-yet.js';
import { reachedAt } from './private-address.js';
import * as rules from './rules.js';
import { type OwnerParams, ownerKeyOf } from './rules-owner.js';
import * as schema from './schema.js';
import type { LoadBalancer } from './store.js';
import { toWire } from './to-wire.js';

/** The operations are the same for a zone and for an account; only the path tells who has the load balancers. */
interface Scope {
  readonly path: string;
  readonly owner: string;
  readonly params: z.ZodType<OwnerParams>;
  readonly oneParams: z.ZodType<OwnerParams & { load_balancer_id: string }>;
}

const SCOPES: readonly Scope[] = [
  {
    path: '/zones/:zone_id/load_balancers',
    owner: 'a zone',
    params: schema.zoneParams,
    oneParams: schema.zoneBalancerParams,
  },
  {
    path: '/accounts/:account_id/load_balancers',
    owner: 'an account',
    params: schema.accountParams,
    oneParams: schema.accountBalancerParams,
  },
];

const config = { family: 'lb' } as const;
const tags = ['Load balancers'];
const response = { 200: successOf(schema.loadBalancer), ...failures };

export function loadBalancerRoutes(app: Http, context: Context): void {
  for (const scope of SCOPES) {
    routesOfAll(app, context, scope);
    routesOfOne(app, context, scope);
  }
}

function routesOfAll(app: Http, context: Context, { path, owner, params }: Scope): void {
  const { db, committed, access } = context;
  app.get(
    path,
    {
      config,
      schema: {
        tags,
        summary: `List the load balancers of ${owner}`,
        params,
        querystring: schema.listQuery,
        response: { 200: listOf(schema.loadBalancer), ...failures },
      },
    },
    async ({ params, query }) =>
      renderedPage(committed.loadBalancers.list(ownerKeyOf(access, params)), pageRequest(query, null)),
  );

  app.post(
    path,
    {
      config,
      schema: {
        tags,
        summary: `Create a load balancer of ${owner}`,
        params,
        body: schema.writeBody,
        response,
      },
    },
    async ({ params, body }) =>
      await written(context, await db.transact((tx) => rules.create(tx, params, body))),
  );
}

function routesOfOne(app: Http, context: Context, scope: Scope): void {
  const { db, committed, access } = context;
  const { path, owner, oneParams: params } = scope;
  const one = `${path}/:load_balancer_id`;

  app.get(
    one,
    { config, schema: { tags, summary: `Get a load balancer of ${owner}`, params, response } },
    async ({ params }) =>
      renderedOk(committed.loadBalancers.get(ownerKeyOf(access, params), params.load_balancer_id)),
  );

  app.put(
    one,
    {
      config,
      schema: {
        tags,
        summary: `Replace a load balancer of ${owner}`,
        params,
        body: schema.writeBody,
        response,
      },
    },
    async ({ params, body }) =>
      await written(
        context,
        await db.transact((tx) => rules.replace(tx, params, params.load_balancer_id, body)),
      ),
  );

  app.patch(
    one,
    {
      config,
      schema: {
        tags,
        summary: `Change a load balancer of ${owner}`,
        params,
        body: schema.patchBody,
        response,
      },
    },
    async ({ params, body }) =>
      await written(
        context,
        await db.transact((tx) => rules.merge(tx, params, params.load_balancer_id, body)),
      ),
  );

  app.delete(
    one,
    {
      config,
      schema: {
        tags,
        summary: `Delete a load balancer of ${owner}`,
        params,
        response: { 200: successOf(schema.deleted), ...failures },
      },
    },
    async ({ params }) => {
      await db.transact((tx) => rules.remove(tx, params, params.load_balancer_id));
      return ok({ id: params.load_balancer_id });
    },
  );
}

async function written({ dataPlane }: Context, balancer: LoadBalancer) {
  return ok(toWire(balancer), [...notices(balancer), ...(await reachedAt(dataPlane, balancer))]);
}
