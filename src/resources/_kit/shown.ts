import { z } from 'zod';
import { type Listed, type Message, ok, type Success } from '../../api/envelope.js';
import { listed, pageQuery, pageRequest } from '../../api/pagination.js';
import { renderedOk, renderedPage } from '../../api/rendered.js';
import type { WorkingWorld } from '../definitions.js';
import type { pageOf } from './list-filters.js';
import type { View } from './view.js';

/** How answers show the objects of an account or a zone, whose id is `owner`. */
export interface Shown<Row> {
  /** Of the list, where it is not that of the collection. */
  readonly listPath?: string | undefined;
  readonly query: z.ZodType;
  /** Of the list and GET, where these two show more than other answers. */
  readonly answer?: z.ZodType | undefined;
  readonly list: (owner: string, query: never) => Listed<unknown> | Promise<Listed<unknown>>;
  readonly get: (owner: string, id: string) => Success<unknown>;
  readonly one: (row: Row, notices?: Message[]) => Success<unknown>;
}

interface FromMemory<Row> {
  /** Under which key those of an owner stand in memory; absent: its id. */
  readonly keyOf?: (owner: string) => string;
  /** The query of the list besides paging, and the rows that it leaves. */
  readonly filters?: z.ZodRawShape;
  readonly filter?: (rows: readonly Row[], query: never, owner: string) => readonly Row[];
  /** How many a page of the list has at most, and when nothing is asked; absent: as load balancing has it, which does not page unasked. */
  readonly pages?: { readonly most: number; readonly usual: number };
}

/** By a view of what is in memory. */
export const fromMemory = <Row>(
  view: View<Row, unknown>,
  { keyOf = (owner) => owner, filters, filter = (rows) => rows, pages }: FromMemory<Row> = {},
): Shown<Row> => ({
  query: z.object({ ...filters, ...pageQuery(1, pages?.most) }),
  list(owner, { page, per_page, ...query }: { readonly page?: number; readonly per_page?: number }) {
    const rows = filter(view.list(keyOf(owner)), query as never, owner);
    return renderedPage(rows, view.render, pageRequest({ page, per_page }, pages?.usual ?? null));
  },
  get: (owner, id) => renderedOk(view.get(keyOf(owner), id)),
  one: (row, notices) => renderedOk(view.render(row), notices),
});

interface FromDatabase<Row, Read extends Row> extends Pick<Shown<Row>, 'listPath' | 'query' | 'answer'> {
  /** How many a page of the list has when nothing is asked; null: all. */
  readonly perPage: number | null;
  readonly rows: (
    owner: string,
    query: never,
    page: ReturnType<typeof pageRequest>,
  ) => ReturnType<typeof pageOf<Read>>;
  readonly get: (world: WorkingWorld, owner: string, id: string) => Read;
  readonly toWire: (row: Row) => unknown;
  /** Of the list and GET; absent: as other answers. */
  readonly readToWire?: (row: Read) => unknown;
}

/** One object from memory, and lists, which show what was deleted as well, from the database. */
export function fromDatabase<Row, Read extends Row>(
  world: WorkingWorld,
  { rows, perPage, get, toWire, readToWire = toWire, ...schemas }: FromDatabase<Row, Read>,
): Shown<Row> {
  return {
    ...schemas,
    async list(owner, query) {
      const page = pageRequest(query, perPage);
      const { items, total } = await rows(owner, query, page);
      return listed(items.map(readToWire), total, page);
    },
    get: (owner, id) => ok(readToWire(get(world, owner, id))),
    one: (row, notices) => ok(toWire(row), notices),
  };
}
