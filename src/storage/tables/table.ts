import type { Definition, Identified, Reader } from './definition.js';

/** The committed rows of one noun in memory. */
export interface Table<Row extends Identified, Index extends string> extends Reader<Row, Index> {
  readonly definition: Definition<Row, Index>;
  put(row: Row): void;
  remove(id: string): void;
}

export function createTable<Row extends Identified, Index extends string>(
  definition: Definition<Row, Index>,
): Table<Row, Index> {
  const { ownerOf, indexes, isKept = () => true } = definition;
  const before = inOrderOf(definition);
  const rows = new Map<string, Row>();
  const owners = new Map<string, Row[]>();
  const keys = new Map<string, Map<string, Set<string>>>();
  for (const index of Object.keys(indexes)) keys.set(index, new Map());

  function index(row: Row): void {
    for (const [name, found] of keys)
      for (const key of keysOf(indexes[name as Index](row))) {
        const ids = found.get(key);
        if (ids) ids.add(row.id);
        else found.set(key, new Set([row.id]));
      }
  }

  function unindex(row: Row): void {
    for (const [name, found] of keys)
      for (const key of keysOf(indexes[name as Index](row))) {
        const ids = found.get(key);
        if (ids?.delete(row.id) && ids.size === 0) found.delete(key);
      }
  }

  function remove(id: string): void {
    const row = rows.get(id);
    if (!row) return;
    rows.delete(id);
    unindex(row);
    const owner = ownerOf(row);
    const list = owners.get(owner)!;
    list.splice(positionOf(list, row, before), 1);
    if (list.length === 0) owners.delete(owner);
  }

  return {
    definition,
    get: (id) => rows.get(id),
    of: (owner) => owners.get(owner) ?? [],
    by(name, key) {
      const ids = keys.get(name)?.get(key);
      return ids ? [...ids].map((id) => rows.get(id)!).sort(before) : [];
    },
    put(row) {
      remove(row.id);
      if (!isKept(row)) return;
      rows.set(row.id, row);
      index(row);
      const owner = ownerOf(row);
      const list = owners.get(owner);
      if (list) list.splice(positionOf(list, row, before), 0, row);
      else owners.set(owner, [row]);
    },
    remove,
    ids: () => rows.keys(),
  };
}

export const keysOf = (keys: string | readonly string[] | null): readonly string[] =>
  keys === null ? [] : typeof keys === 'string' ? [keys] : keys;

/** By time of creation, then by id. */
export function inOrderOf<Row extends Identified>({
  createdAt,
}: Pick<Definition<Row, string>, 'createdAt'>): (a: Row, b: Row) => number {
  return (a, b) =>
    createdAt(a).getTime() - createdAt(b).getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Where the row is in the list, or would be. */
function positionOf<Row>(list: readonly Row[], row: Row, before: (a: Row, b: Row) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(list[middle]!, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
