import type { AnyDefinition, Definitions, Draft, DraftTable, Identified, Reader } from './definition.js';
import { inOrderOf, keysOf } from './table.js';

/** What a draft has changed: the new row of each id by noun, null for one that is removed. */
export type Changed = ReadonlyMap<string, ReadonlyMap<string, Identified | null>>;

export interface Layer<D extends Definitions> {
  readonly tables: Draft<D>;
  readonly changed: Changed;
  /** Takes over what another layer on top of this one has changed. */
  add(changed: Changed): void;
}

type Below = Readonly<Record<string, Reader<Identified, string>>>;

/** Changes on top of what lies `below`, which they leave as it is. */
export function createLayer<D extends Definitions>(definitions: D, below: Below): Layer<D> {
  const changed = new Map<string, Map<string, Identified | null>>();
  const tables: Record<string, DraftTable<Identified, string>> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    const rows = new Map<string, Identified | null>();
    changed.set(name, rows);
    tables[name] = createDraftTable(definition, below[name]!, rows);
  }
  function add(more: Changed): void {
    for (const [name, rows] of more) for (const [id, row] of rows) changed.get(name)!.set(id, row);
  }
  return { tables: tables as Draft<D>, changed, add };
}

function createDraftTable(
  definition: AnyDefinition,
  below: Reader<Identified, string>,
  changed: Map<string, Identified | null>,
): DraftTable<Identified, string> {
  const { ownerOf, indexes, isKept = () => true } = definition;
  const inOrder = inOrderOf(definition);

  /** The rows below that are still the same, with those of the changed ones that are meant. */
  function merged(rows: readonly Identified[], isMeant: (row: Identified) => boolean): readonly Identified[] {
    if (changed.size === 0) return rows;
    const added = [...changed.values()].filter((row) => row !== null && isKept(row) && isMeant(row));
    const kept = rows.filter(({ id }) => !changed.has(id));
    return added.length === 0 ? kept : [...kept, ...(added as Identified[])].sort(inOrder);
  }

  return {
    get(id) {
      const row = changed.get(id);
      if (row === undefined) return below.get(id);
      return row !== null && isKept(row) ? row : undefined;
    },
    of: (owner) => merged(below.of(owner), (row) => ownerOf(row) === owner),
    by: (index, key) => merged(below.by(index, key), (row) => keysOf(indexes[index]!(row)).includes(key)),
    put: (row) => changed.set(row.id, row),
    remove: (id) => changed.set(id, null),
  };
}
