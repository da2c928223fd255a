import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../api/errors.js';
import type { DraftTable, Stamp } from '../../storage/tables/definition.js';
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

/** POST. The table may be one that keeps nothing. */
export function create<D extends Declaration, Row extends Stored<ValuesOf<D>>>(
  { declaration, identity, check, ...rules }: WriteRules<D, Row>,
  table: Pick<DraftTable<Row, never>, 'put'>,
  { now, ids }: Stamp,
  body: object,
): Row {
  const initial = rules.initial?.(body, null) ?? initialOf(declaration);
  const values = valuesAfter(declaration, body, initial, initial);
  check(values, null, body);
  const row = { ...identity(ids.hex()), createdOn: now, modifiedOn: now, values } as Row;
  const whole = rules.derive?.(row, null) ?? row;
  table.put(whole);
  return whole;
}

/** The writes of a noun. `existing` gives one object of an owner and throws when there is none. */
export const writesOf = <D extends Declaration, Row extends Stored<ValuesOf<D>>>(
  tableOf: (draft: WorkingDraft) => Pick<DraftTable<Row, never>, 'put' | 'remove'>,
  existing: (world: WorkingWorld, owner: string, id: string) => Row,
  rulesFor: (world: WorkingWorld, owner: string) => WriteRules<D, Row>,
) => ({
  create: (draft: WorkingDraft, owner: string, body: object): Row =>
    create(rulesFor(draft, owner), tableOf(draft), draft, body),
  /** PUT starts from the defaults, PATCH from what is stored. Writes nothing when nothing changes. */
  change(draft: WorkingDraft, owner: string, id: string, body: object, method: 'PUT' | 'PATCH'): Row {
    const before = existing(draft, owner, id);
    const { declaration, check, ...rules } = rulesFor(draft, owner);
    const patched = method === 'PATCH';
    const initial = rules.initial?.(body, patched ? before : null) ?? initialOf(declaration);
    const base = patched ? (rules.base?.(before, initial) ?? before.values) : initial;
    const values = valuesAfter(declaration, body, base, initial);
    if (isDeepStrictEqual(values, before.values)) return before;
    check(values, before, body);
    const row = { ...before, modifiedOn: draft.now, values };
    const whole = rules.derive?.(row, before) ?? row;
    tableOf(draft).put(whole);
    return whole;
  },
  remove(draft: WorkingDraft, owner: string, id: string): Row {
    const row = existing(draft, owner, id);
    if (rulesFor(draft, owner).inUse?.(id)) throw new ApiError('object_in_use');
    tableOf(draft).remove(id);
    return row;
  },
});
