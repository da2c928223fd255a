import type { Client } from '../../../storage/database.js';
import type { Definition } from '../../../storage/tables/definition.js';
import { columnsOf } from '../../_kit/fields.js';
import { fields, type UserValues } from './fields.js';

/** What the owner of a credential has said about themself. */
export interface User {
  readonly id: string;
  readonly values: UserValues;
}

/** When is not kept. */
const ONCE = new Date(0);

export const users: Definition<User, never> = {
  noun: 'user',
  ownerOf: ({ id }) => id,
  createdAt: () => ONCE,
  indexes: {},
  relations: [
    {
      table: 'user',
      columns: ['id', ...columnsOf(fields).values()],
      key: ['id'],
      rowsOf: ({ id, values }) => [{ id, ...values }],
    },
  ],
  async load(db: Client, ids) {
    const rows = await db.user.findMany({ where: ids ? { id: { in: [...ids] } } : {} });
    return rows.map(({ id, firstName: first_name, lastName: last_name, ...rest }) => ({
      id,
      values: { first_name, last_name, ...rest },
    }));
  },
};
