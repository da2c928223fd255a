import { expect, test } from 'vitest';
import { createTextSearch } from '../../../src/resources/_kit/text-search.js';

interface Thing {
  readonly texts: readonly string[];
}
const thing = (...texts: string[]): Thing => ({ texts });
const owner = {};

test('rows are found by every one of their texts, once each, in their order and in any case', () => {
  const find = createTextSearch<Thing>(({ texts }) => texts);
  const rows = [thing('Shop', '192.0.2.1'), thing('blog'), thing('shop-shop', 'SHOP'), thing('')];
  expect(find(owner, rows, 'shop')).toEqual([rows[0], rows[2]]);
  expect(find(owner, rows, 'SHO')).toEqual([rows[0], rows[2]]);
  expect(find(owner, rows, '0.2.1')).toEqual([rows[0]]);
  expect(find(owner, rows, 'o')).toEqual(rows.slice(0, 3));
  expect(find(owner, rows, '')).toEqual(rows);
  expect(find(owner, rows, 'nothing')).toEqual([]);
  expect(find(owner, [], 'shop')).toEqual([]);
});

test('nothing is found across two texts or two rows', () => {
  const find = createTextSearch<Thing>(({ texts }) => texts);
  const rows = [thing('ab', 'cd'), thing('ef')];
  for (const across of ['bc', 'de', 'abcd']) expect(find(owner, rows, across)).toEqual([]);
});

test('a row that is another is found by what it is now, and each owner by its own', () => {
  const find = createTextSearch<Thing>(({ texts }) => texts);
  const rows = [thing('one'), thing('two')];
  expect(find(owner, rows, 'two')).toEqual([rows[1]]);
  rows[1] = thing('three');
  expect(find(owner, rows, 'two')).toEqual([]);
  expect(find(owner, rows, 'three')).toEqual([rows[1]]);
  rows.shift();
  expect(find(owner, rows, 'one')).toEqual([]);
  expect(find({}, [thing('one')], 'one')).toHaveLength(1);
});
