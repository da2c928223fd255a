import type { Relation } from '../../storage/tables/definition.js';
import { columnsOf, type Declaration, type ValuesOf } from './fields.js';

/** An object of an account as it is stored. */
export interface Stored<V> {
  readonly id: string;
  readonly accountId: string;
  readonly createdOn: Date;
  readonly modifiedOn: Date;
  /** What clients have set, under its names on the wire. */
  readonly values: V;
}

/** Oldest first, as lists are; by id where two are of one moment. */
export const oldestFirst = (a: Stored<unknown>, b: Stored<unknown>): number =>
  a.createdOn.getTime() - b.createdOn.getTime() || (a.id < b.id ? -1 : 1);

const OWN = ['id', 'account_id', 'created_on', 'modified_on'];

/** The table of a noun: a column for each field, and those that `more` gives. */
export function relationOf<D extends Declaration, Row extends Stored<ValuesOf<D>>>(
  table: string,
  declaration: D,
  more: Readonly<Record<string, (row: Row) => unknown>> = {},
): Relation<Row> {
  const fields = columnsOf(declaration);
  return {
    table,
    columns: [...OWN, ...fields.values(), ...Object.keys(more)],
    key: ['id'],
    rowsOf(row) {
      const columns: Record<string, unknown> = {
        id: row.id,
        account_id: row.accountId,
        created_on: row.createdOn,
        modified_on: row.modifiedOn,
      };
      for (const [name, column] of fields) columns[column] = row.values[name];
      for (const [column, read] of Object.entries(more)) columns[column] = read(row);
      return [columns];
    },
  };
}

/** What Prisma has read: columns in camel case. */
type Read = {
  readonly id: string;
  readonly accountId: string;
  readonly createdOn: Date;
  readonly modifiedOn: Date;
};

/** The object that such a row of the database is; fields without a column are in `rest`. */
export function storedFrom<D extends Declaration>(
  declaration: D,
  read: Read,
  rest: Partial<ValuesOf<D>> = {},
): Stored<ValuesOf<D>> {
  const { id, accountId, createdOn, modifiedOn } = read;
  return { id, accountId, createdOn, modifiedOn, values: { ...rest, ...valuesFrom(declaration, read) } };
}

/** The values of the fields that have a column. */
export function valuesFrom<D extends Declaration>(declaration: D, read: object): ValuesOf<D> {
  const members = read as Readonly<Record<string, unknown>>;
  const columns = [...columnsOf(declaration)];
  return Object.fromEntries(
    columns.map(([name, column]) => [name, members[inCamelCase(column)]]),
  ) as ValuesOf<D>;
}

export const inCamelCase = (column: string) =>
  column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
