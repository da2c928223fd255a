import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { timestamp } from '../../api/timestamps.js';
import type { Definition, DraftTable, Relation, Stamp } from '../../storage/tables/definition.js';
import { columnsOf, type Declaration, initialOf, valuesAfter } from './fields.js';
import { among, inCamelCase } from './stored.js';

/** An object of an account that stays in the database when it is deleted. Its members are the columns of its table, in camel case. */
export interface SoftDeleted {
  readonly id: string;
  readonly accountId: string;
  readonly createdAt: Date;
  readonly deletedAt: Date | null;
}

/** What is deleted is in the database only: memory keeps the others. */
export const softDeleted = <Row extends SoftDeleted, Index extends string>(
  own: Pick<Definition<Row, Index>, 'noun' | 'indexes' | 'relations' | 'load'>,
): Definition<Row, Index> => ({
  ownerOf: ({ accountId }) => accountId,
  createdAt: ({ createdAt }) => createdAt,
  isKept: ({ deletedAt }) => deletedAt === null,
  ...own,
});

/** Which rows of the database memory keeps: of those with these ids, or of all. */
export const keptOf = (ids: readonly string[] | null) => ({ deletedAt: null, ...among(ids) });

/** A table whose columns are members of the row, in snake case; or of the part of it that stands in the table, if it has that. */
export function tableOf<Row extends { readonly id: string }, Part = Row>(
  table: string,
  members: readonly (keyof Part & string)[],
  { key = 'id', untouched = [], part = (row) => row as never }: TableOptions<Row, Part> = {},
): Relation<Row> {
  const columns = members.map(inSnakeCase);
  return {
    table,
    columns,
    key: [key],
    untouched,
    rowsOf(row) {
      const values = part(row);
      return values
        ? [Object.fromEntries(members.map((member, index) => [columns[index], values[member]]))]
        : [];
    },
  };
}

interface TableOptions<Row, Part> {
  readonly key?: string;
  readonly untouched?: readonly string[];
  readonly part?: (row: Row) => Part | null;
}

const inSnakeCase = (member: string) => member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Under which key a name, or whatever an account, a zone or a network has once, is found. */
export const keyIn = (owner: string, name: string) => `${owner} ${name}`;

/** The row that an account gets now with this body: what that does not name has its default, and `more` what does not follow from it. */
export function newRow<Row extends SoftDeleted>(
  { now, ids }: Stamp,
  fields: Declaration,
  accountId: string,
  body: object,
  more: Partial<Row> = {},
): Row {
  const initial = initialOf(fields);
  const values = inMembers(fields, valuesAfter(fields, body, initial, initial));
  return { id: ids.uuid(), accountId, ...values, createdAt: now, deletedAt: null, ...more } as Row;
}

/** The row with what the body names, a null being the default, and `more`; the same row when nothing differs. */
export function changedRow<Row extends SoftDeleted>(
  fields: Declaration,
  before: Row,
  body: object,
  more: Partial<Row> = {},
): Row {
  const changes = inMembers(fields, valuesAfter(fields, body, {}, initialOf(fields)));
  const after = { ...before, ...changes, ...more };
  return isDeepStrictEqual(after, before) ? before : after;
}

/** The values of fields, under the names of the row's members. */
function inMembers(fields: Declaration, values: Readonly<Record<string, unknown>>): object {
  const members = [...columnsOf(fields)].filter(([name]) => name in values);
  return Object.fromEntries(members.map(([name, column]) => [inCamelCase(column), values[name]]));
}

type CamelCase<Name> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;
/** What an answer shows and the row has no member for. */
type Absent<Wire, Row> = {
  [Name in keyof Wire as CamelCase<Name> extends keyof Row ? never : Name]: Wire[Name];
};

/** What answers show of a row, in the order of their schema: members of `more`, and the row's own, which are in camel case there. */
export function shownAs<Wire, Row extends object>(
  { shape }: z.ZodType<Wire> & { readonly shape: object },
  row: Row,
  more: Absent<Wire, Row> & Partial<Wire>,
): Wire {
  const members = Object.keys(shape).map((name) => {
    const value = name in more ? more[name as keyof typeof more] : row[inCamelCase(name) as keyof Row];
    return [name, value instanceof Date ? timestamp(value) : value];
  });
  return Object.fromEntries(members);
}

/** Puts one of the rows of which an account has one default: a new default takes the place of the other one. */
export function putWithDefault<Row extends SoftDeleted & { readonly isDefault: boolean }>(
  table: DraftTable<Row, 'default'>,
  row: Row,
): Row {
  if (row.isDefault)
    for (const other of table.by('default', row.accountId)) table.put({ ...other, isDefault: false });
  table.put(row);
  return row;
}
