import type { Definition, Relation } from '../../storage/tables/definition.js';

/** An object of an account that stays in the database when it is deleted. */
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
export const keptOf = (ids: readonly string[] | null) => ({
  deletedAt: null,
  ...(ids ? { id: { in: [...ids] } } : {}),
});

/** A table whose columns are members of the row, in snake case. */
export function tableOf<Row extends { readonly id: string }>(
  table: string,
  members: readonly (keyof Row & string)[],
  untouched: readonly string[] = [],
): Relation<Row> {
  const columns = members.map(inSnakeCase);
  return {
    table,
    columns,
    key: ['id'],
    untouched,
    rowsOf: (row) => [Object.fromEntries(members.map((member, index) => [columns[index], row[member]]))],
  };
}

const inSnakeCase = (member: string) => member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Under which key a name, or whatever an account has once, is found. */
export const keyIn = (accountId: string, name: string) => `${accountId} ${name}`;
