import { expect, test } from 'vitest';
import { renderedOk, renderedPage, serialize } from '../../../src/api/rendered.js';
import { createView } from '../../../src/resources/_kit/view.js';
import { createTables } from '../../../src/storage/tables/tables.js';

interface Row {
  readonly id: string;
  readonly owner: string;
  readonly createdOn: Date;
  readonly name: string;
}

const row = (id: string, created: number, name = id, owner = 'a'): Row => ({
  id,
  owner,
  name,
  createdOn: new Date(created),
});

function committed() {
  let rendered = 0;
  const ownerOf = ({ owner }: Row) => owner;
  const createdAt = ({ createdOn }: Row) => createdOn;
  const load = async () => [];
  const tables = createTables({
    rows: { noun: 'row', ownerOf, createdAt, indexes: {}, relations: [], load },
  });
  const view = createView<Row, { name: string }>({
    table: tables.world.rows,
    ownerOf,
    noun: 'pool',
    toWire: ({ name }) => {
      rendered += 1;
      return { name };
    },
  });
  /** Follows a commit that changed `rows` and removed `gone`. */
  const apply = (rows: readonly Row[], gone: readonly string[] = []) =>
    tables.apply(
      new Map([
        [
          'rows',
          new Map<string, Row | null>([
            ...gone.map((id) => [id, null] as const),
            ...rows.map((row) => [row.id, row] as const),
          ]),
        ],
      ]),
    );
  return { rows: { ...view, apply }, rendered: () => rendered };
}

const names = (rows: ReturnType<typeof committed>['rows'], owner = 'a') =>
  rows.list(owner).map(({ name }) => name);

test('objects come oldest first, those of the same moment by id, whatever the order they were learned in', () => {
  const { rows } = committed();
  rows.apply([row('c', 2), row('b', 1), row('a', 2), row('d', 0)]);
  expect(names(rows)).toEqual(['d', 'b', 'a', 'c']);
});

test('a change replaces the object in its place, and one that is gone leaves the list', () => {
  const { rows } = committed();
  rows.apply([row('a', 1), row('b', 1), row('c', 1)]);
  rows.apply([row('b', 1, 'renamed')], ['a']);
  expect(names(rows)).toEqual(['renamed', 'c']);
  expect(() => rows.get('a', 'a')).toThrow('pool not found');
  expect(rows.get('a', 'b').row.name).toBe('renamed');
});

test('an object is found under its own owner only', () => {
  const { rows } = committed();
  rows.apply([row('a', 1, 'mine', 'a'), row('b', 1, 'theirs', 'b')]);
  expect(() => rows.get('a', 'b')).toThrow('pool not found');
  expect(names(rows, 'b')).toEqual(['theirs']);
  expect(names(rows, 'nobody')).toEqual([]);
});

test('the JSON of an object is made once, and again after a change', () => {
  const { rows, rendered } = committed();
  rows.apply([row('a', 1, 'quote " and \u2028')]);
  const first = serialize(renderedOk(rows.get('a', 'a')));
  expect(JSON.parse(first)).toEqual({
    success: true,
    errors: [],
    messages: [],
    result: { name: 'quote " and \u2028' },
  });
  expect(serialize(renderedOk(rows.get('a', 'a')))).toBe(first);
  expect(rendered()).toBe(1);
  rows.apply([row('a', 1, 'other')]);
  expect(JSON.parse(serialize(renderedOk(rows.get('a', 'a')))).result).toEqual({ name: 'other' });
});

test('a page renders its own objects only, and counts all', () => {
  const { rows, rendered } = committed();
  rows.apply(Array.from({ length: 5 }, (_, i) => row(String(i), i)));
  const page = JSON.parse(serialize(renderedPage(rows.list('a'), rows.render, { page: 2, perPage: 2 })));
  expect(page.result).toEqual([{ name: '2' }, { name: '3' }]);
  expect(page.result_info).toEqual({ page: 2, per_page: 2, count: 2, total_count: 5, total_pages: 3 });
  expect(rendered()).toBe(2);
  expect(
    JSON.parse(serialize(renderedPage(rows.list('nobody'), rows.render, { page: 1, perPage: null }))).result,
  ).toEqual([]);
});

test('an owner whose last object goes is forgotten, and known again with the next', () => {
  const { rows } = committed();
  rows.apply([row('a', 1)]);
  rows.apply([], ['a']);
  expect(names(rows)).toEqual([]);
  rows.apply([row('b', 2)]);
  expect(names(rows)).toEqual(['b']);
});
