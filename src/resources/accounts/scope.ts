import { ApiError } from '../../wire/errors.js';
import type { Http } from '../../wire/http.js';
import { pathOf } from '../../wire/paths.js';
import type { Context } from '../context.js';
import * as store from './store.js';

/** Everything below `/accounts/<id>` is there only when the account is. A hit is kept until the account is deleted. */
export function accountScope(app: Http, { db }: Context): void {
  const known = new Set<string>();
  const accountOf = ({ params }: { params: unknown }) =>
    (params as { account_id?: string } | undefined)?.account_id;
  app.addHook('preHandler', async (request) => {
    const id = accountOf(request);
    if (id === undefined || known.has(id)) return;
    if (!(await store.find(db.read, id))) throw new ApiError('no_such_route', pathOf(request.originalUrl));
    known.add(id);
  });
  // Before the answer is sent, so that nobody who has seen it is still let in.
  app.addHook('onSend', async (request, _reply, payload) => {
    const deletes = request.method === 'DELETE' && request.routeOptions.url === '/accounts/:account_id';
    const id = accountOf(request);
    if (deletes && id !== undefined) known.delete(id);
    return payload;
  });
}
