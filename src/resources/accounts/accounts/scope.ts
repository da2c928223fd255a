import { ApiError } from '../../../api/errors.js';
import type { Http } from '../../../api/http.js';
import { pathOf } from '../../../api/paths.js';
import type { Context } from '../../context.js';

/** Everything below `/accounts/<id>` is there only when the account is. */
export function accountScope(app: Http, { access }: Context): void {
  app.addHook('preHandler', async (request) => {
    const id = (request.params as { account_id?: string }).account_id;
    if (id !== undefined && !access.hasAccount(id))
      throw new ApiError('no_such_route', pathOf(request.originalUrl));
  });
}
