import { isDeepStrictEqual } from 'node:util';
import { newHexId } from '../../api/identifiers.js';
import type { DraftTable } from '../../storage/tables/definition.js';
import { type Declaration, initialOf, type ValuesOf, valuesAfter } from './fields.js';
import type { Stored } from './stored.js';

/** What is a noun's own in a write. */
export interface WriteRules<D extends Declaration, Row extends Stored<ValuesOf<D>>> {
  readonly declaration: D;
  /** Where a new object is; what it was made with besides its values. */
  readonly identity: (id: string) => Omit<Row, 'values' | 'createdOn' | 'modifiedOn'>;
  /** Defaults that depend on what is written; absent: those of the declaration. */
  readonly initial?: (body: object, before: Row | null) => ValuesOf<D>;
  /** What PATCH starts from; absent: what is stored. */
  readonly base?: (before: Row, initial: ValuesOf<D>) => ValuesOf<D>;
  /** Throws what the first broken rule says. */
  readonly check: (values: ValuesOf<D>, before: Row | null, body: object) => void;
  /** What follows from the values; absent: nothing. */
  readonly derive?: (row: Row, before: Row | null) => Row;
}

type Table<Row extends Stored<unknown>> = Pick<DraftTable<Row, never>, 'put'>;

/** POST. */
export function create<D extends Declaration, Row extends Stored<ValuesOf<D>>>(
  rules: WriteRules<D, Row>,
  table: Table<Row>,
  body: object,
): Row {
  const initial = rules.initial?.(body, null) ?? initialOf(rules.declaration);
  const values = valuesAfter(rules.declaration, body, initial, initial);
  rules.check(values, null, body);
  const now = new Date();
  const row = { ...rules.identity(newHexId()), createdOn: now, modifiedOn: now, values } as Row;
  return stored(rules, table, row, null);
}

/** PUT starts from the defaults, PATCH from what is stored. Writes nothing when nothing changes. */
export function change<D extends Declaration, Row extends Stored<ValuesOf<D>>>(
  rules: WriteRules<D, Row>,
  table: Table<Row>,
  before: Row,
  body: object,
  method: 'PUT' | 'PATCH',
): Row {
  const initial = rules.initial?.(body, method === 'PATCH' ? before : null) ?? initialOf(rules.declaration);
  const kept = rules.base ?? ((row: Row) => row.values);
  const base = method === 'PATCH' ? kept(before, initial) : initial;
  const values = valuesAfter(rules.declaration, body, base, initial);
  if (isDeepStrictEqual(values, before.values)) return before;
  rules.check(values, before, body);
  return stored(rules, table, { ...before, modifiedOn: new Date(), values }, before);
}

function stored<D extends Declaration, Row extends Stored<ValuesOf<D>>>(
  { derive }: WriteRules<D, Row>,
  table: Table<Row>,
  row: Row,
  before: Row | null,
): Row {
  const whole = derive ? derive(row, before) : row;
  table.put(whole);
  return whole;
}
