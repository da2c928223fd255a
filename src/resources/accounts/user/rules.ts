import { isDeepStrictEqual } from 'node:util';
import type { Tx } from '../../../storage/database.js';
import type { PatchBody } from './schema.js';
import * as store from './store.js';

/** Changes what the body names; null takes it back. */
export async function change(tx: Tx, id: string, body: PatchBody): Promise<store.User> {
  const before = await store.find(tx.db, id);
  const after: store.User = {
    id,
    firstName: body.first_name === undefined ? before.firstName : body.first_name,
    lastName: body.last_name === undefined ? before.lastName : body.last_name,
    telephone: body.telephone === undefined ? before.telephone : body.telephone,
    country: body.country === undefined ? before.country : body.country,
    zipcode: body.zipcode === undefined ? before.zipcode : body.zipcode,
  };
  if (!isDeepStrictEqual(after, before)) await store.save(tx, after);
  return after;
}
