import type {
  AnyDefinition,
  Definitions,
  Draft,
  DraftTable,
  Identified,
  Reader,
  Stamp,
  World,
} from './definition.js';
import { inOrderOf, keysOf } from './table.js';

/** What a draft has changed: the new row of each id by noun, null for one that is removed. Nouns of which nothing has changed are not in it. */
export type Changed = ReadonlyMap<string, ReadonlyMap<string, Identified | null>>;
type Changes = Map<string, Map<string, Identified | null>>;

export interface Layer<D extends Definitions> {
  readonly draft: Draft<D>;
  readonly changed: Changed;
  /** Takes over what another layer on top of this one has changed. */
  add(changed: Changed): void;
}

type Below = Readonly<Record<string, Reader<Identified, string>>>;

/** Changes on top of what lies `below`, which they leave as it is. */
export function createLayer<D extends Definitions>(definitions: D, below: World<D>, stamp: Stamp): Layer<D> {
  const changed: Changes = new Map();
  const draft: Record<string, DraftTable<Identified, string> | Stamp[keyof Stamp]> = { ...stamp };
  for (const name in definitions)
    draft[name] = new LayerTable(definitions[name]!, (below as Below)[name]!, name, changed);
  function add(more: Changed): void {
    for (const [name, rows] of more) for (const [id, row] of rows) change(changed, name, id, row);
  }
  return { draft: draft as Draft<D>, changed, add };
}

function change(changed: Changes, name: string, id: string, row: Identified | null): void {
  const rows = changed.get(name);
  if (rows) rows.set(id, row);
  else changed.set(name, new Map([[id, row]]));
}

/** A class, since each write makes one for each noun: functions of their own would cost more than most writes. */
class LayerTable implements DraftTable<Identified, string> {
  constructor(
    private readonly definition: AnyDefinition,
    private readonly below: Reader<Identified, string>,
    private readonly name: string,
    private readonly changed: Changes,
  ) {}

  get(id: string): Identified | undefined {
    const row = this.changed.get(this.name)?.get(id);
    if (row === undefined) return this.below.get(id);
    return row !== null && this.isKept(row) ? row : undefined;
  }

  ids(): Iterable<string> {
    const ids = new Set(this.below.ids());
    for (const id of this.changed.get(this.name)?.keys() ?? []) {
      if (this.get(id)) ids.add(id);
      else ids.delete(id);
    }
    return ids;
  }

  of(owner: string): readonly Identified[] {
    return this.merged(this.below.of(owner), (row) => this.definition.ownerOf(row) === owner);
  }

  by(index: string, key: string): readonly Identified[] {
    const keysIn = this.definition.indexes[index]!;
    return this.merged(this.below.by(index, key), (row) => keysOf(keysIn(row)).includes(key));
  }

  put(row: Identified): void {
    change(this.changed, this.name, row.id, row);
  }

  remove(id: string): void {
    change(this.changed, this.name, id, null);
  }

  private isKept(row: Identified): boolean {
    return this.definition.isKept?.(row) ?? true;
  }

  /** The rows below that are still the same, with those of the changed ones that are meant. */
  private merged(rows: readonly Identified[], isMeant: (row: Identified) => boolean): readonly Identified[] {
    const changed = this.changed.get(this.name);
    if (!changed) return rows;
    const added = [...changed.values()].filter((row) => row !== null && this.isKept(row) && isMeant(row));
    const kept = rows.filter(({ id }) => !changed.has(id));
    return added.length === 0 ? kept : [...kept, ...(added as Identified[])].sort(inOrderOf(this.definition));
  }
}
