import { isDeepStrictEqual } from 'node:util';
import type { DatabaseClient } from '../../storage/database.js';
import type { Definition, DraftTable, Reader } from '../../storage/tables/definition.js';
import { columnsOf, type Declaration, initialOf, type ValuesOf, valuesAfter } from './fields.js';
import { inCamelCase, valuesFrom } from './stored.js';

/** What its owner, whose id it has, has once; there is none before the first change. */
export interface Single<V> {
  readonly id: string;
  readonly values: V;
}

/** How the rows of such a noun are kept: in a table of its name, with the owner's id in the column `key`. */
export const singles = <D extends Declaration>(
  noun: string,
  key: string,
  fields: D,
  read: (db: DatabaseClient, ids: readonly string[] | null) => PromiseLike<readonly object[]>,
): Definition<Single<ValuesOf<D>>, never> => ({
  noun,
  ownerOf: ({ id }) => id,
  // When is not kept.
  createdAt: () => new Date(0),
  indexes: {},
  relations: [
    {
      table: noun,
      columns: [key, ...columnsOf(fields).values()],
      key: [key],
      rowsOf: ({ id, values }) => [{ [key]: id, ...values }],
    },
  ],
  load: async (db, ids) =>
    (await read(db, ids)).map((row) => ({
      id: (row as Readonly<Record<string, string>>)[inCamelCase(key)]!,
      values: valuesFrom(fields, row),
    })),
});

/** The values of an owner; the defaults until somebody sets one. */
export const singleOf = <D extends Declaration>(
  table: Pick<Reader<Single<ValuesOf<D>>, never>, 'get'>,
  fields: D,
  id: string,
): ValuesOf<D> => table.get(id)?.values ?? initialOf(fields);

/** Changes what the body names; a null goes back to the default. Writes nothing when nothing changes. */
export function changeSingle<D extends Declaration>(
  table: DraftTable<Single<ValuesOf<D>>, never>,
  fields: D,
  id: string,
  body: object,
): ValuesOf<D> {
  const before = singleOf(table, fields, id);
  const after = valuesAfter(fields, body, before, initialOf(fields));
  if (!isDeepStrictEqual(after, before)) table.put({ id, values: after });
  return after;
}
