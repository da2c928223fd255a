import { inForce } from '../../api/api-changes.js';
import { type PageRequest, pageWindow } from '../../api/pagination.js';
import type { Settings } from '../context.js';

/** For each field of a list's query, the condition on what the list shows. */
export type Filters<Query, Condition> = {
  readonly [K in keyof Query]?: (value: Exclude<Query[K], undefined>) => Condition;
};

/** The conditions of the fields that the query has. */
export const conditionsOf = <Query extends object, Condition>(
  filters: Filters<Query, Condition>,
  query: Query,
): Condition[] =>
  Object.entries(filters).flatMap(([name, condition]) => {
    const value = query[name as keyof Query];
    return value === undefined ? [] : [(condition as (value: unknown) => Condition)(value)];
  });

interface DeletionQuery {
  readonly is_deleted?: boolean | undefined;
  readonly existed_at?: Date | undefined;
}

/** Of what stays in the database when it is deleted. */
export const deletionFilters = {
  is_deleted: (isDeleted: boolean) => ({ deletedAt: isDeleted ? { not: null } : null }),
  /** Made by then, and not deleted before. */
  existed_at: (at: Date) => ({
    createdAt: { lte: at },
    OR: [{ deletedAt: null }, { deletedAt: { gt: at } }],
  }),
};

/**
 * The query of a list with what a missing `is_deleted` means: only what is not deleted. Of what existed at a moment some
 * may be deleted by now, so `existed_at` alone leaves both. Before the change of the API every list without it did; `settings`
 * is null for a list that never has.
 */
export function withDeletion<Q extends DeletionQuery>(query: Q, settings: Settings | null): Q {
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
  { order = 'asc', ...more }: { readonly order?: 'asc' | 'desc'; readonly include?: object } = {},
): Promise<{ items: Row[]; total: number }> {
  const orderBy = [{ createdAt: order }, { id: order }];
  const items = await table.findMany({ where: conditions, orderBy, ...more, ...pageWindow(page) } as never);
  return { items: items as Row[], total: await table.count({ where: conditions } as never) };
}
