import { z } from 'zod';
import { type Message, ok } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { pageQuery, pageRequest } from '../../api/pagination.js';
import { renderedOk, renderedPage } from '../../api/rendered.js';
import type { Context } from '../context.js';
import type { WorkingDraft } from '../definitions.js';
import { operations } from './operations.js';
import type { View } from './view.js';

/** What a path of the noun names, such as its account and its id. */
export type Params = Readonly<Record<string, string>>;

/** The six operations of a noun, as far as it has them, with what each does. */
export interface Crud<Row, Wire> {
  /** Of the collection: `/accounts/:account_id/…`. */
  readonly path: string;
  readonly params: z.ZodObject<Record<string, z.ZodType<string>>>;
  /** Name and schema of the last part of the path of one object. */
  readonly id: readonly [name: string, schema: z.ZodType<string>];
  readonly config: { readonly family: 'lb' | 'zt' | 'dns'; readonly alsoForUser?: boolean };
  readonly tags: readonly string[];
  /** What summaries call one and several: `a pool`, `pools`. */
  readonly one: string;
  readonly many: string;
  /** Words after "Delete …", such as what must not use it. */
  readonly deletable?: string;
  /** The answer about one object, and what DELETE answers when that is not its id alone. */
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
  /** Gives what the answer shows; nothing when that is the id. */
  readonly remove: (draft: WorkingDraft, params: Params, id: string) => unknown;
  /** What the answer to a write says besides. */
  readonly notices?: (row: Row) => Message[] | Promise<Message[]>;
}

/** Registers the operations: list and create on the collection; get, replace, change and delete on one object. */
export function crudRoutes<Row, Wire>(app: Http, { write }: Context, noun: Crud<Row, Wire>): void {
  const { path, answer, bodies, view, ownerOf, pages, notices = () => [] } = noun;
  const { list, get, post, put, patch, remove } = operations(app, { ...noun.config, tags: noun.tags });
  const [idName, idSchema] = noun.id;
  const one = `${path}/:${idName}`;
  const ofAll = { params: noun.params, answer };
  const ofOne = { params: noun.params.extend({ [idName]: idSchema }), answer };
  const idOf = (params: Params) => params[idName]!;
  const written = async (row: Row) => renderedOk(view.render(row), await notices(row));

  list(
    path,
    `List ${noun.many}`,
    { ...ofAll, query: z.object({ ...noun.filters, ...pageQuery(1, pages?.most) }) },
    ({ params, query: { page, per_page, ...query } }) => {
      const all = view.list(ownerOf(params));
      const rows = noun.filter?.(all, query, params) ?? all;
      return renderedPage(rows, view.render, pageRequest({ page, per_page }, pages?.usual ?? null));
    },
  );

  post(path, `Create ${noun.one}`, { ...ofAll, body: bodies.write }, async ({ params, body }) =>
    written(await write((draft) => noun.create(draft, params, body as never))),
  );

  get(one, `Get ${noun.one}`, ofOne, ({ params }) => renderedOk(view.get(ownerOf(params), idOf(params))));

  const change =
    (method: 'PUT' | 'PATCH') =>
    async ({ params, body }: { readonly params: Params; readonly body: unknown }) =>
      written(await write((draft) => noun.change(draft, params, idOf(params), body as never, method)));
  put(one, `Replace ${noun.one}`, { ...ofOne, body: bodies.write }, change('PUT'));
  patch(one, `Change ${noun.one}`, { ...ofOne, body: bodies.patch }, change('PATCH'));

  remove(
    one,
    `Delete ${noun.one}${noun.deletable ?? ''}`,
    { ...ofOne, answer: noun.deleted ?? z.object({ id: idSchema }) },
    async ({ params }) =>
      ok((await write((draft) => noun.remove(draft, params, idOf(params)))) ?? { id: idOf(params) }),
  );
}
