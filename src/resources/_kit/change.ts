import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../api/errors.js';
import { newHexId } from '../../api/identifiers.js';
import type { DraftTable } from '../../storage/tables/definition.js';
import type { WorkingDraft, WorkingWorld } from '../definitions.js';
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
  /** Whether something names it, so that it cannot be deleted; absent: nothing can. */
  readonly inUse?: (id: string) => boolean;
}

type Table<Row extends Stored<unknown>> = Pick<DraftTable<Row, never>, 'put'>;

/** The writes of a noun. `existing` gives one object of an owner and throws when there is none. */
export const writesOf = <D extends Declaration, Row extends Stored<ValuesOf<D>>>(
  tableOf: (draft: WorkingDraft) => Pick<DraftTable<Row, never>, 'put' | 'remove'>,
  existing: (world: WorkingWorld, owner: string, id: string) => Row,
  rulesFor: (world: WorkingWorld, owner: string) => WriteRules<D, Row>,
) => ({
  create: (draft: WorkingDraft, owner: string, body: object): Row =>
    create(rulesFor(draft, owner), tableOf(draft), body),
  change(draft: WorkingDraft, owner: string, id: string, body: object, method: 'PUT' | 'PATCH'): Row {
    const before = existing(draft, owner, id);
    return change(rulesFor(draft, owner), tableOf(draft), before, body, method);
  },
  remove(draft: WorkingDraft, owner: string, id: string): Row {
    const row = existing(draft, owner, id);
    if (rulesFor(draft, owner).inUse?.(id)) throw new ApiError('object_in_use');
    tableOf(draft).remove(id);
    return row;
  },
});

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
function change<D extends Declaration, Row extends Stored<ValuesOf<D>>>(
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
