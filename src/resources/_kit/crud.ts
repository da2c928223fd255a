import { z } from 'zod';
import { type Message, ok } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { hexId } from '../../api/identifiers.js';
import type { Context } from '../context.js';
import type { WorkingDraft } from '../definitions.js';
import { operations } from './operations.js';
import type { Shown } from './shown.js';

type Params = Readonly<Record<string, string>>;

/** The operations of a noun that accounts or zones have, with what each does. `owner` is the id of the account or the zone. */
export interface Crud<Row> {
  /** Of the collection, below who has it: `/accounts/:account_id/…` or `/zones/:zone_id/…`. */
  readonly path: string;
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
  readonly answer: z.ZodType;
  readonly deleted?: z.ZodType;
  readonly deleteQuery?: z.ZodType;
  readonly bodies: { readonly write: z.ZodType; readonly patch: z.ZodType };
  /** Zero Trust has no PUT. */
  readonly withoutPut?: boolean;
  readonly shown: Shown<Row>;
  readonly create: (draft: WorkingDraft, owner: string, body: never) => Row;
  readonly change: (
    draft: WorkingDraft,
    owner: string,
    id: string,
    body: never,
    method: 'PUT' | 'PATCH',
  ) => Row;
  /** What was deleted; null when there was none, which is no error then. */
  readonly remove: (draft: WorkingDraft, owner: string, id: string, query: never) => Row | null;
  /** What answers to create and change say besides. */
  readonly notices?: (row: Row) => Message[] | Promise<Message[]>;
}

/** Registers the operations: list and create on the collection; get, replace, change and delete on one object. */
export function crudRoutes<Row>(app: Http, { write }: Context, noun: Crud<Row>): void {
  const { path, answer, deleted, bodies, shown, notices = () => [] } = noun;
  const { list, get, post, put, patch, remove } = operations(app, { ...noun.config, tags: noun.tags });
  const [idName, idSchema] = noun.id;
  const one = `${path}/:${idName}`;
  const ownerName = path.split('/')[2]!.slice(1);
  const params = z.object({ [ownerName]: hexId });
  const ofOne = { params: params.extend({ [idName]: idSchema }), answer };
  const ownerOf = (params: Params) => params[ownerName]!;
  const namesOf = (params: Params) => [ownerOf(params), params[idName]!] as const;
  const written = async (row: Row) => shown.one(row, await notices(row));

  list(
    shown.listPath ?? path,
    `List ${noun.many}`,
    { params, query: shown.query, answer: shown.answer ?? answer },
    ({ params, query }) => shown.list(ownerOf(params), query as never),
  );

  post(path, `Create ${noun.one}`, { params, answer, body: bodies.write }, async ({ params, body }) =>
    written(await write((draft) => noun.create(draft, ownerOf(params), body as never))),
  );

  get(one, `Get ${noun.one}`, { ...ofOne, answer: shown.answer ?? answer }, ({ params }) =>
    shown.get(...namesOf(params)),
  );

  const change =
    (method: 'PUT' | 'PATCH') =>
    async ({ params, body }: { readonly params: Params; readonly body: unknown }) =>
      written(await write((draft) => noun.change(draft, ...namesOf(params), body as never, method)));
  if (!noun.withoutPut) put(one, `Replace ${noun.one}`, { ...ofOne, body: bodies.write }, change('PUT'));
  patch(one, `Change ${noun.one}`, { ...ofOne, body: bodies.patch }, change('PATCH'));

  remove(
    one,
    `Delete ${noun.one}${noun.deletable ?? ''}`,
    {
      ...ofOne,
      answer: deleted ?? z.object({ id: idSchema }),
      ...(noun.deleteQuery && { query: noun.deleteQuery }),
    },
    async ({ params, query }) => {
      const gone = await write((draft) => noun.remove(draft, ...namesOf(params), query as never));
      if (!deleted) return ok({ id: namesOf(params)[1] });
      return gone ? shown.one(gone) : ok(null);
    },
  );
}
