import { z } from 'zod';
import { type Message, ok } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { hexId, uuid } from '../../api/identifiers.js';
import { listed, type PageRequest, pageRequest } from '../../api/pagination.js';
import type { Context } from '../context.js';
import type { WorkingDraft, WorkingWorld } from '../definitions.js';
import { operations } from './operations.js';

type Paging = { readonly page?: number | undefined; readonly per_page?: number | undefined };

/**
 * The five operations of a Zero Trust noun, with what each does. Schemas give the types of what they get; `Read` is a row with what GET
 * and the list show besides.
 */
export interface AccountObjects<
  Row,
  Read extends Row,
  List extends z.ZodType<Paging>,
  Create extends z.ZodType,
  Patch extends z.ZodType,
  Delete extends z.ZodType,
> {
  /** Of the collection: `/accounts/:account_id/…`. */
  readonly path: string;
  /** Name of the last part of the path of one object. */
  readonly id: string;
  readonly tags: readonly string[];
  /** What summaries call one and several: `a route`, `routes`. */
  readonly one: string;
  readonly many: string;
  /** Words after "Delete …", such as what goes with it. */
  readonly deletable?: string;
  /** What answers show, and where that is something else, what GET and the list, and DELETE show. */
  readonly answer: z.ZodType;
  readonly readAnswer?: z.ZodType;
  readonly deletedAnswer?: z.ZodType;
  readonly toWire: (row: Row) => unknown;
  readonly readToWire?: (row: Read) => unknown;
  /** What answers to create and change say besides. */
  readonly notices?: Message[];
  readonly list: {
    /** Absent: the path of the collection. */
    readonly path?: string;
    readonly query: List;
    /** How many a page has when nothing is asked; null: all. */
    readonly perPage: number | null;
    readonly rows: (
      accountId: string,
      query: z.output<List>,
      page: PageRequest,
    ) => Promise<{ readonly items: readonly Read[]; readonly total: number }>;
  };
  readonly createBody: Create;
  readonly patchBody: Patch;
  readonly deleteQuery?: Delete;
  readonly create: (draft: WorkingDraft, accountId: string, body: z.output<Create>) => Row;
  readonly get: (world: WorkingWorld, accountId: string, id: string) => Read;
  readonly change: (draft: WorkingDraft, accountId: string, id: string, body: z.output<Patch>) => Row;
  /** Null: there was none to delete, which is no error. */
  readonly remove: (
    draft: WorkingDraft,
    accountId: string,
    id: string,
    query: z.output<Delete>,
  ) => Row | null;
}

/** Registers the operations: list and create on the collection; get, change and delete on one object. */
export function accountObjects<
  Row,
  Read extends Row,
  List extends z.ZodType<Paging>,
  Create extends z.ZodType,
  Patch extends z.ZodType,
  Delete extends z.ZodType = z.ZodType,
>(app: Http, { world, write }: Context, noun: AccountObjects<Row, Read, List, Create, Patch, Delete>): void {
  const { path, answer, readAnswer = answer, toWire, readToWire = toWire, list: listing } = noun;
  const { list, get, post, patch, remove } = operations(app, { family: 'zt', tags: noun.tags });
  const params = z.object({ account_id: hexId });
  const oneParams = params.extend({ [noun.id]: uuid });
  const one = `${path}/:${noun.id}`;
  const named = (params: Readonly<Record<string, string>>) => [params.account_id!, params[noun.id]!] as const;
  const written = (row: Row) => ok(toWire(row), noun.notices);

  list(
    listing.path ?? path,
    `List ${noun.many}`,
    { params, query: listing.query, answer: readAnswer },
    async ({ params: { account_id }, query }) => {
      const page = pageRequest(query, listing.perPage);
      const { items, total } = await listing.rows(account_id, query, page);
      return listed(items.map(readToWire), total, page);
    },
  );

  post(
    path,
    `Create ${noun.one}`,
    { params, body: noun.createBody, answer },
    async ({ params: { account_id }, body }) =>
      written(await write((draft) => noun.create(draft, account_id, body))),
  );

  get(one, `Get ${noun.one}`, { params: oneParams, answer: readAnswer }, ({ params }) =>
    ok(readToWire(noun.get(world, ...named(params)))),
  );

  patch(
    one,
    `Change ${noun.one}`,
    { params: oneParams, body: noun.patchBody, answer },
    async ({ params, body }) => written(await write((draft) => noun.change(draft, ...named(params), body))),
  );

  remove(
    one,
    `Delete ${noun.one}${noun.deletable ?? ''}`,
    {
      params: oneParams,
      answer: noun.deletedAnswer ?? answer,
      ...(noun.deleteQuery && { query: noun.deleteQuery }),
    },
    async ({ params, query }) => {
      const deleted = await write((draft) => noun.remove(draft, ...named(params), query));
      return ok(deleted && toWire(deleted));
    },
  );
}
