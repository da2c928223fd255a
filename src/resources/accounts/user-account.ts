import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { z } from 'zod';
import { ApiError } from '../../api/errors.js';
import type { Http } from '../../api/http.js';
import { pathOf } from '../../api/paths.js';
import type { Context } from '../context.js';
import { firstAccount } from './accounts/definition.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served below `/user` as well, for the first account. */
    readonly alsoForUser?: boolean;
  }
}

/** Everything below `/accounts/<id>` is there only when the account is. */
export function accountScope(app: Http, { access }: Context): void {
  app.addHook('preHandler', (request, _reply, done) => {
    const id = (request.params as { account_id?: string }).account_id;
    if (id !== undefined && !access.hasAccount(id))
      throw new ApiError('no_such_route', pathOf(request.originalUrl));
    done();
  });
}

const ACCOUNT = '/accounts/:account_id/';

/**
 * From before there were accounts, load balancing has operations below `/user`: the same ones, for the first account.
 * Each route below an account with `alsoForUser` in its config gets its twin there. Register before the routes.
 */
export function userTwins(app: Http, { world }: Context): void {
  async function takeFirstAccount(request: FastifyRequest): Promise<void> {
    const account = firstAccount(world);
    if (!account) throw new ApiError('no_such_route', pathOf(request.originalUrl));
    Object.assign(request.params as object, { account_id: account.id });
  }

  const plain = app as unknown as FastifyInstance;
  plain.addHook('onRoute', (route) => {
    // Fastify makes the HEAD route of each GET itself, the twin's too.
    if (route.config?.alsoForUser && route.method !== 'HEAD') plain.route(twinOf(route, takeFirstAccount));
  });
}

function twinOf(route: RouteOptions, preHandler: NonNullable<RouteOptions['preHandler']>): RouteOptions {
  if (!route.url.startsWith(ACCOUNT)) throw new Error(`${route.url} has no place below /user`);
  const schema = route.schema as { readonly summary?: string; readonly params: z.ZodObject };
  const { account_id: _gone, ...params } = schema.params.shape;
  return {
    method: route.method,
    url: route.url.replace(ACCOUNT, '/user/'),
    handler: route.handler,
    config: { ...route.config, alsoForUser: false },
    schema: { ...schema, params: z.object(params), summary: `${schema.summary} (of the first account)` },
    preHandler,
  };
}
