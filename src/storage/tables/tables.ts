import type { Prisma } from '../generated/client.js';
import type { Changes } from '../revisions.js';
import type { AnyDefinition, Definitions, Identified, Reader, World } from './definition.js';
import type { Changed } from './draft.js';
import { createTable, type Table } from './table.js';

/** The committed rows of all nouns. */
export interface Tables<D extends Definitions> {
  readonly definitions: D;
  readonly world: World<D> & Readonly<Record<string, Reader<Identified, string>>>;
  /** Follows a commit. */
  apply(changed: Changed): void;
  /** Reads what `changes` name, or everything: the new rows of each noun, null for those that are gone. */
  load(db: Prisma.TransactionClient, changes: Changes | null): Promise<Changed>;
}

export function createTables<D extends Definitions>(definitions: D): Tables<D> {
  const tables = new Map<string, Table<Identified, string>>();
  for (const [name, definition] of Object.entries(definitions)) tables.set(name, createTable(definition));

  async function loadNoun(
    db: Prisma.TransactionClient,
    definition: AnyDefinition,
    known: Iterable<string>,
    changes: Changes | null,
  ): Promise<ReadonlyMap<string, Identified | null>> {
    const ids = changes?.filter(([noun]) => noun === definition.noun).map(([, id]) => id) ?? null;
    const rows = new Map<string, Identified | null>();
    if (ids?.length === 0) return rows;
    for (const id of ids ?? known) rows.set(id, null);
    for (const row of await definition.load(db, ids && [...new Set(ids)])) rows.set(row.id, row);
    return rows;
  }

  return {
    definitions,
    world: Object.fromEntries(tables) as unknown as Tables<D>['world'],
    apply(changed) {
      for (const [name, rows] of changed) {
        const table = tables.get(name)!;
        for (const [id, row] of rows) {
          if (row === null) table.remove(id);
          else table.put(row);
        }
      }
    },
    async load(db, changes) {
      const changed = new Map<string, ReadonlyMap<string, Identified | null>>();
      for (const [name, table] of tables)
        changed.set(name, await loadNoun(db, definitions[name]!, table.ids(), changes));
      return changed;
    },
  };
}
