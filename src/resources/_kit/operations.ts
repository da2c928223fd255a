import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Credential } from '../../api/auth.js';
import { failures, type Listed, listOf, type Success, successOf } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { hexId } from '../../api/identifiers.js';

/** Of a path below an account. */
export const accountParams = z.object({ account_id: hexId });

/** What a request may have, and what its answer shows: `answer` is the result, of a list one item. */
export interface Schemas<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType> {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
}

/** A request whose parts have been checked. */
export interface Asked<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Checked only when what is given with all operations has a schema of them. */
  readonly headers: object;
  readonly credential: Credential | null;
}

type Register<Many extends boolean> = <
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
>(
  path: string,
  summary: string,
  schemas: Schemas<P, Q, B, A>,
  handler: (
    request: Asked<z.output<P>, z.output<Q>, z.output<B>>,
  ) => Awaitable<Many extends true ? Listed<z.output<A>> : Success<z.output<A>>>,
) => void;
type Awaitable<T> = T | Promise<T>;

/** Registers operations of the API one by one, all with these tags: their schemas, their description and the errors that any can give. */
export function operations(
  app: Http,
  { tags, ...config }: FastifyContextConfig & { readonly tags: readonly string[] },
  more: object = {},
) {
  const register =
    <Many extends boolean>(method: Method, around: typeof successOf): Register<Many> =>
    (url, summary, { params, query, body, answer }, handler) =>
      (app as unknown as FastifyInstance).route({
        method,
        url,
        config,
        schema: {
          tags: [...tags],
          summary,
          ...more,
          ...(params && { params }),
          ...(query && { querystring: query }),
          ...(body && { body }),
          response: { 200: around(answer), ...failures },
        },
        handler: async (request) => handler(request as never),
      });
  return {
    list: register<true>('GET', listOf as typeof successOf),
    get: register<false>('GET', successOf),
    post: register<false>('POST', successOf),
    put: register<false>('PUT', successOf),
    patch: register<false>('PATCH', successOf),
    patchList: register<true>('PATCH', listOf as typeof successOf),
    remove: register<false>('DELETE', successOf),
  };
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
