import { ApiError } from '../../../api/errors.js';
import type { Http } from '../../../api/http.js';

/** What exporters of metrics and tools for whole accounts look at besides, and Offramp does not have; they are told so, and not that there is no such path. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '/zones/:zone_id/settings': "The list of a zone's settings",
  '/accounts/:account_id/alerting/v3/policies': 'The list of notification policies',
};

export function elsewhereRoutes(app: Http): void {
  for (const [path, what] of Object.entries(ELSEWHERE))
    app.get(path, { schema: { hide: true } }, async () => {
      throw new ApiError('not_implemented', what);
    });
}
