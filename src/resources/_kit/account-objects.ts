import { z } from 'zod';
import { failures, type Listed, listOf, type Success, successOf } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { hexId, uuid } from '../../api/identifiers.js';

type Answer<T> = Success<T> | Promise<Success<T>>;

/** The five operations of a Zero Trust noun, with their answers. Schemas give the types of what the operations get. */
export interface Operations<
  List extends z.ZodType,
  Create extends z.ZodType,
  Patch extends z.ZodType,
  Delete extends z.ZodType,
> {
  /** Of the collection: `/accounts/:account_id/…`. */
  readonly path: string;
  /** Name of the last part of the path of one object. */
  readonly id: string;
  readonly tags: readonly string[];
  /** What summaries call one: `a route`. */
  readonly one: string;
  /** Words after "Delete …", such as what goes with it. */
  readonly deletable?: string;
  /** What answers show, and where that is something else, what GET and the list, create, and DELETE show. */
  readonly answer: z.ZodType;
  readonly readAnswer?: z.ZodType;
  readonly createdAnswer?: z.ZodType;
  readonly deletedAnswer?: z.ZodType;
  /** Absent where the list has another path. */
  readonly list?: {
    readonly many: string;
    readonly query: List;
    readonly page: (accountId: string, query: z.output<List>) => Promise<Listed<unknown>>;
  };
  readonly createBody: Create;
  readonly patchBody: Patch;
  readonly deleteQuery?: Delete;
  readonly create: (accountId: string, body: z.output<Create>) => Answer<unknown>;
  readonly get: (accountId: string, id: string) => Answer<unknown>;
  readonly change: (accountId: string, id: string, body: z.output<Patch>) => Answer<unknown>;
  readonly remove: (accountId: string, id: string, query: z.output<Delete>) => Answer<unknown>;
}

const config = { family: 'zt' } as const;

/** Registers the operations: list and create on the collection; get, change and delete on one object. */
export function accountObjects<
  List extends z.ZodType,
  Create extends z.ZodType,
  Patch extends z.ZodType,
  Delete extends z.ZodType = z.ZodType,
>(app: Http, noun: Operations<List, Create, Patch, Delete>): void {
  const { path, answer, readAnswer = answer, createdAnswer = answer, deletedAnswer = answer } = noun;
  const params = z.object({ account_id: hexId });
  const oneParams = params.extend({ [noun.id]: uuid });
  const one = `${path}/:${noun.id}`;
  const accountOf = (request: { readonly params: unknown }) =>
    (request.params as { account_id: string }).account_id;
  const idOf = (request: { readonly params: unknown }) =>
    (request.params as Record<string, string>)[noun.id]!;
  const about = (summary: string, shown: z.ZodType, params: z.ZodType) => ({
    tags: [...noun.tags],
    summary,
    params,
    response: { 200: successOf(shown), ...failures },
  });

  const { list } = noun;
  if (list)
    app.get(
      path,
      {
        config,
        schema: {
          ...about(`List ${list.many}`, answer, params),
          querystring: list.query,
          response: { 200: listOf(readAnswer), ...failures },
        },
      },
      async (request) => (await list.page(accountOf(request), request.query as z.output<List>)) as never,
    );

  app.post(
    path,
    { config, schema: { ...about(`Create ${noun.one}`, createdAnswer, params), body: noun.createBody } },
    async (request) => (await noun.create(accountOf(request), request.body as z.output<Create>)) as never,
  );

  app.get(
    one,
    { config, schema: about(`Get ${noun.one}`, readAnswer, oneParams) },
    async (request) => (await noun.get(accountOf(request), idOf(request))) as never,
  );

  app.patch(
    one,
    { config, schema: { ...about(`Change ${noun.one}`, answer, oneParams), body: noun.patchBody } },
    async (request) =>
      (await noun.change(accountOf(request), idOf(request), request.body as z.output<Patch>)) as never,
  );

  app.delete(
    one,
    {
      config,
      schema: {
        ...about(`Delete ${noun.one}${noun.deletable ?? ''}`, deletedAnswer, oneParams),
        ...(noun.deleteQuery ? { querystring: noun.deleteQuery } : {}),
      },
    },
    async (request) =>
      (await noun.remove(accountOf(request), idOf(request), request.query as z.output<Delete>)) as never,
  );
}
