import { ApiError, type ErrorName } from '../api/errors.js';
import type { Renderable } from '../api/rendered.js';

/** The committed objects of one noun in memory: what GET answers from, so that reading never waits for the database. */
export interface Committed<Row, Wire> {
  /** The object with this id, if it belongs to this owner; throws when there is none. */
  get(owner: string, id: string): Entry<Row, Wire>;
  /** All of an owner, oldest first. */
  list(owner: string): readonly Entry<Row, Wire>[];
  /** Follows a commit: `rows` is the new state of the objects `ids`; without ids, of all objects that there are. */
  apply(rows: readonly Row[], ids: readonly string[] | null): void;
  /** What these objects show besides their rows has changed. */
  refresh(ids: Iterable<string>): void;
}

export interface Entry<Row, Wire> extends Renderable<Wire> {
  readonly row: Row;
}

interface Stored {
  readonly id: string;
  readonly createdOn: Date;
}

export interface CommittedOptions<Row, Wire> {
  /** As errors name it. */
  readonly noun: string;
  /** Whose an object is: the account, or the zone. */
  readonly ownerOf: (row: Row) => string;
  readonly toWire: (row: Row) => Wire;
  /** What is thrown when there is none; as for load balancing when absent. */
  readonly missing?: ErrorName;
}

export function createCommitted<Row extends Stored, Wire>({
  noun,
  ownerOf,
  toWire,
  missing = 'lb_object_missing',
}: CommittedOptions<Row, Wire>): Committed<Row, Wire> {
  const entries = new Map<string, Entry<Row, Wire>>();
  const owners = new Map<string, Entry<Row, Wire>[]>();

  function put(row: Row): void {
    const entry = entryOf(row, toWire);
    const known = entries.has(row.id);
    entries.set(row.id, entry);
    const list = owners.get(ownerOf(row));
    if (!list) owners.set(ownerOf(row), [entry]);
    else list.splice(positionOf(list, row), known ? 1 : 0, entry);
  }

  function remove(id: string): void {
    const entry = entries.get(id);
    if (!entry) return;
    entries.delete(id);
    const owner = ownerOf(entry.row);
    const list = owners.get(owner)!;
    list.splice(positionOf(list, entry.row), 1);
    if (list.length === 0) owners.delete(owner);
  }

  return {
    get(owner, id) {
      const entry = entries.get(id);
      if (!entry || ownerOf(entry.row) !== owner) throw new ApiError(missing, noun);
      return entry;
    },
    list: (owner) => owners.get(owner) ?? [],
    apply(rows, ids) {
      const present = new Set(rows.map(({ id }) => id));
      for (const id of ids ?? [...entries.keys()]) if (!present.has(id)) remove(id);
      for (const row of rows) put(row);
    },
    refresh(ids) {
      for (const id of ids) {
        const entry = entries.get(id);
        if (entry) put(entry.row);
      }
    },
  };
}

/** The JSON is made at the first question. */
function entryOf<Row, Wire>(row: Row, toWire: (row: Row) => Wire): Entry<Row, Wire> {
  let json: string | undefined;
  return {
    row,
    json() {
      json ??= JSON.stringify(toWire(row));
      return json;
    },
  };
}

/** Where the row is in the list, or would be: by time of creation, then by id. */
function positionOf<Row extends Stored>(list: readonly { readonly row: Row }[], row: Row): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(list[middle]!.row, row)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(a: Stored, b: Stored): boolean {
  const earlier = a.createdOn.getTime() - b.createdOn.getTime();
  return earlier === 0 ? a.id < b.id : earlier < 0;
}
