import { expect, test } from 'vitest';
import { z } from 'zod';
import { listed, pageQuery, pageRequest, pageWindow, sliced } from '../../src/api/pagination.js';

const query = z.object(pageQuery(5, 50));

test.each([
  [{}, {}],
  [
    { page: '2', per_page: '50' },
    { page: 2, per_page: 50 },
  ],
])('the query %j asks for %j', (given, read) => {
  expect(query.parse(given)).toEqual(read);
});

test.each([
  [{ page: '0' }, 'is not in range [1, 1000000]'],
  [{ page: '' }, 'is not in range [1, 1000000]'],
  [{ page: '1.5' }, 'must be an integer'],
  [{ page: 'one' }, 'must be one whole number'],
  [{ page: ['1', '2'] }, 'must be one whole number'],
  [{ per_page: '4' }, 'is not in range [5, 50]'],
  [{ per_page: '51' }, 'is not in range [5, 50]'],
])('the query %j is refused: %s', (given, message) => {
  expect(query.safeParse(given).error?.issues.map((issue) => issue.message)).toContain(message);
});

test('a list that is not asked to page is whole when it has no fallback, and cut at the fallback else', () => {
  expect(pageWindow(pageRequest({}, null))).toEqual({});
  expect(pageWindow(pageRequest({}, 20))).toEqual({ skip: 0, take: 20 });
  expect(pageWindow(pageRequest({ page: 3 }, null))).toEqual({ skip: 2000, take: 1000 });
  expect(pageWindow(pageRequest({ page: 3, per_page: 7 }, 20))).toEqual({ skip: 14, take: 7 });
});

test('the envelope counts the items of the page, of the list, and the pages', () => {
  expect(listed(['a'], 7, { page: 4, perPage: 2 }).result_info).toEqual({
    page: 4,
    per_page: 2,
    count: 1,
    total_count: 7,
    total_pages: 4,
  });
  expect(listed([], 0, { page: 1, perPage: null }).result_info).toEqual({
    page: 1,
    per_page: 1,
    count: 0,
    total_count: 0,
    total_pages: 1,
  });
});

test('a list in memory is cut the same way; a page behind its end is empty', () => {
  expect(sliced([1, 2, 3, 4, 5], { page: 2, perPage: 2 }).result).toEqual([3, 4]);
  expect(sliced([1, 2, 3], { page: 1, perPage: null }).result).toEqual([1, 2, 3]);
  expect(sliced([1, 2, 3], { page: 9, perPage: 2 })).toMatchObject({
    result: [],
    result_info: { total_count: 3 },
  });
});
