import { ApiError } from '../../wire/errors.js';
import type { Http } from '../../wire/http.js';
import { pathOf } from '../../wire/paths.js';
import type { Context } from '../context.js';
import * as store from './store.js';

/** Everything below `/accounts/<id>` is there only when the account is. Accounts are never deleted, so a hit is kept. */
export function accountScope(app: Http, { db }: Context): void {
  const known = new Set<string>();
  app.addHook('preHandler', async (request) => {
    const id = (request.params as { account_id?: string }).account_id;
    if (id === undefined || known.has(id)) return;
    if (!(await store.find(db.read, id))) throw new ApiError('no_such_route', pathOf(request.originalUrl));
    known.add(id);
  });
}
