import { z } from 'zod';
import { inForce } from '../../api/api-changes.js';
import { type PageRequest, pageQuery, pageWindow } from '../../api/pagination.js';
import { flag } from '../../api/text.js';
import { moment } from '../../api/timestamps.js';

/** A field of a list's query, and the condition on what the list shows that a value of it is. */
export interface Filter<S extends z.ZodType, Condition> {
  readonly schema: S;
  readonly where: ((value: z.output<S>) => Condition) | null;
}

// biome-ignore lint/suspicious/noExplicitAny: filters have values of all types.
export type Filters<Condition> = Readonly<Record<string, Filter<any, Condition>>>;

/** Without `where` the field is no condition: something else acts on it. */
export const filter = <S extends z.ZodType, Condition = never>(
  schema: S,
  where: ((value: z.output<S>) => Condition) | null = null,
): Filter<S, Condition> => ({ schema, where });

type QueryShape<F extends Filters<unknown>> = { [K in keyof F]: z.ZodOptional<F[K]['schema']> };

/** The query of a list with these filters. */
export function listQueryOf<F extends Filters<unknown>>(
  filters: F,
): z.ZodObject<QueryShape<F> & ReturnType<typeof pageQuery>> {
  const shape = Object.entries(filters).map(([name, { schema }]) => [name, schema.optional()]);
  return z.object({ ...Object.fromEntries(shape), ...pageQuery() }) as never;
}

/** The conditions of the fields that the query has. */
export const conditionsOf = <F extends Filters<object>>(
  filters: F,
  query: { readonly [K in keyof F]?: unknown },
): ConditionOf<F>[] =>
  Object.entries(filters).flatMap(([name, { where }]) => {
    const value = query[name];
    return value === undefined || !where ? [] : [where(value) as ConditionOf<F>];
  });
type ConditionOf<F extends Filters<object>> = ReturnType<NonNullable<F[keyof F]['where']>>;

/** Two filters of what stays in the database when it is deleted. */
export const isDeleted = filter(flag, (isDeleted) => ({ deletedAt: isDeleted ? { not: null } : null }));
/** Made by then, and not deleted before. */
export const existedAt = filter(moment, (at) => ({
  createdAt: { lte: at },
  OR: [{ deletedAt: null }, { deletedAt: { gt: at } }],
}));

/** The text in a LIKE pattern, which is what Prisma makes of `contains` and the like: there `%`, `_` and `\` stand for something else. */
export const literal = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

interface DeletionQuery {
  readonly is_deleted?: boolean | undefined;
  readonly existed_at?: Date | undefined;
}

/**
 * The query of a list with what a missing `is_deleted` means: only what is not deleted. Of what existed at a moment some
 * may be deleted by now, so `existed_at` alone leaves both. Before the change of the API every list without it did; `settings`
 * is null for a list that never has.
 */
export function withDeletion<Q extends DeletionQuery>(
  query: Q,
  settings: { readonly apiDate: string } | null,
): Q {
  if (query.is_deleted !== undefined || query.existed_at !== undefined) return query;
  const activeOnly = settings === null || inForce('active_only_lists', settings.apiDate);
  return activeOnly ? { ...query, is_deleted: false } : query;
}

interface Table {
  findMany(args: never): PromiseLike<unknown>;
  count(args: never): PromiseLike<number>;
}

/** One page of the account's rows in a table, oldest first, for which all conditions hold. */
export async function pageOf<Row>(
  table: Table,
  conditions: { readonly accountId: string; readonly AND: readonly object[] },
  page: PageRequest,
  { order = 'asc', ...more }: { readonly order?: 'asc' | 'desc' | undefined; readonly include?: object } = {},
): Promise<{ items: Row[]; total: number }> {
  const orderBy = [{ createdAt: order }, { id: order }];
  const items = await table.findMany({ where: conditions, orderBy, ...more, ...pageWindow(page) } as never);
  return { items: items as Row[], total: await table.count({ where: conditions } as never) };
}
