import { timestamp } from '../../api/timestamps.js';
import type { Relation } from '../../storage/tables/definition.js';
import { columnsOf, type Declaration, type ValuesOf } from './fields.js';
import { inStoredOrder } from './json.js';

/** An object of an account as it is stored. */
export interface Stored<V> {
  readonly id: string;
  readonly accountId: string;
  readonly createdOn: Date;
  readonly modifiedOn: Date;
  /** What clients have set, under its names on the wire. */
  readonly values: V;
}

/** Which rows a definition reads: those with these ids, or all. */
export const among = (ids: readonly string[] | null) => (ids ? { id: { in: [...ids] } } : {});

/** Oldest first, as lists are; by id where two are of one moment. */
export const oldestFirst = (a: Stored<unknown>, b: Stored<unknown>): number =>
  a.createdOn.getTime() - b.createdOn.getTime() || (a.id < b.id ? -1 : 1);

/** The table of a noun: a column for each field, and those that `more` gives. */
export function relationOf<D extends Declaration, Row extends Stored<ValuesOf<D>>>(
  table: string,
  declaration: D,
  more: Readonly<Record<string, (row: Row) => unknown>> = {},
): Relation<Row> {
  const values = [...columnsOf(declaration)].map(([name, column]) => [
    column,
    (row: Row) => row.values[name],
  ]);
  const columns: Readonly<Record<string, (row: Row) => unknown>> = {
    id: ({ id }) => id,
    account_id: ({ accountId }) => accountId,
    created_on: ({ createdOn }) => createdOn,
    modified_on: ({ modifiedOn }) => modifiedOn,
    ...Object.fromEntries(values),
    ...more,
  };
  const reads = Object.entries(columns);
  return {
    table,
    columns: Object.keys(columns),
    key: ['id'],
    rowsOf: (row) => [Object.fromEntries(reads.map(([column, read]) => [column, read(row)]))],
  };
}

/** The object that a row of the database is, as Prisma reads it, in camel case; fields without a column are in `rest`, with members in any order. */
export function storedFrom<D extends Declaration>(
  declaration: D,
  read: Omit<Stored<never>, 'values'>,
  rest: Partial<ValuesOf<D>> = {},
): Stored<ValuesOf<D>> {
  const { id, accountId, createdOn, modifiedOn } = read;
  return {
    id,
    accountId,
    createdOn,
    modifiedOn,
    values: { ...inStoredOrder(rest), ...valuesFrom(declaration, read) },
  };
}

/** The values of the fields that have a column. */
export function valuesFrom<D extends Declaration>(declaration: D, read: object): ValuesOf<D> {
  const members = read as Readonly<Record<string, unknown>>;
  const columns = [...columnsOf(declaration)];
  return Object.fromEntries(
    columns.map(([name, column]) => [name, members[inCamelCase(column)]]),
  ) as ValuesOf<D>;
}

/** What answers show of the object: `shown` between its id and its times. */
export const storedToWire = <Shown extends object>(
  { id, createdOn, modifiedOn }: Stored<unknown>,
  shown: Shown,
) => ({ id, ...shown, created_on: timestamp(createdOn), modified_on: timestamp(modifiedOn) });

export const inCamelCase = (column: string) =>
  column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
