import { z } from 'zod';
import { failures, listOf, type Message, ok, successOf } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { pageQuery, pageRequest } from '../../api/pagination.js';
import { renderedOk, renderedPage } from '../../api/rendered.js';
import type { Context } from '../context.js';
import type { WorkingDraft } from '../definitions.js';
import type { View } from './view.js';

/** What a path of the noun names, such as its account and its id. */
export type Params = Readonly<Record<string, string>>;

/** The six operations of a noun, as far as it has them, with what each does. */
export interface Crud<Row, Wire> {
  /** Of the collection: `/accounts/:account_id/…`. */
  readonly path: string;
  readonly params: z.ZodObject;
  /** Name and schema of the last part of the path of one object. */
  readonly id: readonly [name: string, schema: z.ZodType];
  readonly config: { readonly family: 'lb' | 'zt' | 'dns'; readonly alsoForUser?: boolean };
  readonly tags: readonly string[];
  /** What summaries call one and several: `a pool`, `pools`. */
  readonly one: string;
  readonly many: string;
  /** Words after "Delete …", such as what must not use it. */
  readonly deletable?: string;
  /** The answer about one object, and what DELETE answers when that is something else. */
  readonly answer: z.ZodType<Wire>;
  readonly deleted?: z.ZodType;
  readonly bodies: { readonly write: z.ZodType; readonly patch: z.ZodType };
  /** The query of the list besides paging, and the rows that it leaves. */
  readonly filters?: z.ZodRawShape;
  readonly filter?: (
    rows: readonly Row[],
    query: Readonly<Record<string, unknown>>,
    params: Params,
  ) => readonly Row[];
  /** How many a page of the list has at most, and when nothing is asked; absent: as load balancing has it, which does not page unasked. */
  readonly pages?: { readonly most: number; readonly usual: number };
  readonly view: View<Row, Wire>;
  /** Under which key the rows of a path stand in memory. */
  readonly ownerOf: (params: Params) => string;
  readonly create: (draft: WorkingDraft, params: Params, body: never) => Row;
  readonly change: (
    draft: WorkingDraft,
    params: Params,
    id: string,
    body: never,
    method: 'PUT' | 'PATCH',
  ) => Row;
  /** Gives what the answer shows. */
  readonly remove: (draft: WorkingDraft, params: Params, id: string) => unknown;
  /** What the answer to a write says besides. */
  readonly notices?: (row: Row) => Message[] | Promise<Message[]>;
}

/** Registers the operations: list and create on the collection; get, replace, change and delete on one object. */
export function crudRoutes<Row, Wire>(app: Http, { write }: Context, noun: Crud<Row, Wire>): void {
  const { path, params, config, view, ownerOf, notices = () => [] } = noun;
  const [idName, idSchema] = noun.id;
  const one = `${path}/:${idName}`;
  const tags = [...noun.tags];
  const querystring = z.object({ ...noun.filters, ...pageQuery(1, noun.pages?.most) });
  const oneParams = params.extend({ [idName]: idSchema });
  const response = { 200: successOf(noun.answer), ...failures };
  const paramsOf = (request: { readonly params: unknown }) => request.params as Params;
  const idOf = (request: { readonly params: unknown }) => paramsOf(request)[idName]!;
  const written = async (row: Row) => renderedOk(view.render(row), await notices(row));
  const schema = (summary: string, params: z.ZodObject) => ({ tags, summary, params, response });

  app.get(
    path,
    {
      config,
      schema: {
        ...schema(`List ${noun.many}`, params),
        querystring,
        response: { 200: listOf(noun.answer), ...failures },
      },
    },
    async (request) => {
      const { page, per_page, ...query } = request.query as Record<string, number | undefined>;
      const all = view.list(ownerOf(paramsOf(request)));
      const rows = noun.filter?.(all, query, paramsOf(request)) ?? all;
      return renderedPage(
        rows,
        view.render,
        pageRequest({ page, per_page }, noun.pages?.usual ?? null),
      ) as never;
    },
  );

  app.post(
    path,
    { config, schema: { ...schema(`Create ${noun.one}`, params), body: noun.bodies.write } },
    async (request) =>
      written(await write((draft) => noun.create(draft, paramsOf(request), request.body as never))) as never,
  );

  app.get(
    one,
    { config, schema: schema(`Get ${noun.one}`, oneParams) },
    async (request) => renderedOk(view.get(ownerOf(paramsOf(request)), idOf(request))) as never,
  );

  for (const [method, verb, body] of [
    ['PUT', 'Replace', noun.bodies.write],
    ['PATCH', 'Change', noun.bodies.patch],
  ] as const)
    app.route({
      method,
      url: one,
      config,
      schema: { ...schema(`${verb} ${noun.one}`, oneParams), body },
      handler: async (request) =>
        written(
          await write((draft) =>
            noun.change(draft, paramsOf(request), idOf(request), request.body as never, method),
          ),
        ) as never,
    });

  app.delete(
    one,
    {
      config,
      schema: {
        ...schema(`Delete ${noun.one}${noun.deletable ?? ''}`, oneParams),
        response: { 200: successOf(noun.deleted ?? noun.answer), ...failures },
      },
    },
    async (request) =>
      ok(await write((draft) => noun.remove(draft, paramsOf(request), idOf(request)))) as never,
  );
}
