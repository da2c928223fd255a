import { z } from 'zod';
import type { Listed } from './envelope.js';

export const MAX_PER_PAGE = 1000;

/** `page` and `per_page` of a list; a list without them is not cut when `perPage` is null. */
export interface PageRequest {
  readonly page: number;
  readonly perPage: number | null;
}

/** Query fields of a list. `minimum` and `maximum` bound `per_page`. */
export const pageQuery = (minimum = 1, maximum = MAX_PER_PAGE) => ({
  page: wholeNumber(1, 1_000_000).optional(),
  per_page: wholeNumber(minimum, maximum).optional(),
});

function wholeNumber(minimum: number, maximum: number) {
  const range = `is not in range [${minimum}, ${maximum}]`;
  return z.coerce
    .number('must be one whole number')
    .int('must be an integer')
    .min(minimum, range)
    .max(maximum, range);
}

/** `fallback` is the page size of a list that always pages; null returns everything when nothing was asked. */
export function pageRequest(
  query: { page?: number | undefined; per_page?: number | undefined },
  fallback: number | null,
): PageRequest {
  const perPage = query.per_page ?? fallback ?? (query.page === undefined ? null : MAX_PER_PAGE);
  return { page: query.page ?? 1, perPage };
}

/** What the database needs: rows to skip and to take. */
export function pageWindow({ page, perPage }: PageRequest): { skip?: number; take?: number } {
  return perPage === null ? {} : { skip: (page - 1) * perPage, take: perPage };
}

/** The envelope of one page of a list of `total` items. */
export function listed<T>(items: T[], total: number, { page, perPage }: PageRequest): Listed<T> {
  const size = perPage ?? Math.max(total, 1);
  return {
    success: true,
    errors: [],
    messages: [],
    result: items,
    result_info: {
      page,
      per_page: size,
      count: items.length,
      total_count: total,
      total_pages: Math.max(1, Math.ceil(total / size)),
    },
  };
}

/** One page of a list that is already in memory. */
export function sliced<T>(items: readonly T[], request: PageRequest): Listed<T> {
  const { skip = 0, take = items.length } = pageWindow(request);
  return listed(items.slice(skip, skip + take), items.length, request);
}
