import { ApiError, type ErrorName } from '../../api/errors.js';
import type { Renderable } from '../../api/rendered.js';
import type { Identified, Reader } from '../../storage/tables/definition.js';

/** How answers show the committed rows of a noun: the JSON of each is made at the first question after a change, and kept. */
export interface View<Row, Wire> {
  /** The object with this id, if it belongs to this owner; throws when there is none. */
  get(owner: string, id: string): Renderable<Wire> & { readonly row: Row };
  /** All of an owner, oldest first. */
  list(owner: string): readonly Row[];
  render(row: Row): Renderable<Wire>;
  /** What these objects show besides their rows has changed. */
  refresh(ids: Iterable<string>): void;
}

interface ViewOptions<Row extends Identified, Wire> {
  readonly table: Reader<Row, never>;
  readonly ownerOf: (row: Row) => string;
  /** As errors name it. */
  readonly noun: string;
  readonly toWire: (row: Row) => Wire;
  /** What is thrown when there is none; as for load balancing when absent. */
  readonly missing?: ErrorName;
}

export function createView<Row extends Identified, Wire>(options: ViewOptions<Row, Wire>): View<Row, Wire> {
  const { table, ownerOf, noun, toWire, missing = 'lb_object_missing' } = options;
  /** Every change makes a new row, so what is here is never out of date. */
  const texts = new WeakMap<Row, string>();

  function render(row: Row) {
    return {
      row,
      json() {
        const text = texts.get(row) ?? JSON.stringify(toWire(row));
        texts.set(row, text);
        return text;
      },
    };
  }

  return {
    get(owner, id) {
      const row = table.get(id);
      if (!row || ownerOf(row) !== owner) throw new ApiError(missing, noun);
      return render(row);
    },
    list: (owner) => table.of(owner),
    render,
    refresh(ids) {
      for (const id of ids) {
        const row = table.get(id);
        if (row) texts.delete(row);
      }
    },
  };
}
