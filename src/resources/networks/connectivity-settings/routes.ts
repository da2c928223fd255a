import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import { notices } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

const PATH = '/accounts/:account_id/zerotrust/connectivity_settings';
const config = { family: 'zt' } as const;
const tags = ['Connectivity settings'];
const params = schema.accountParams;
const response = { 200: successOf(schema.settings), ...failures };

export function connectivitySettingsRoutes(app: Http, { db }: Context): void {
  app.get(
    PATH,
    { config, schema: { tags, summary: 'Get the connectivity settings of the account', params, response } },
    async ({ params }) => ok(await rules.get(db.read, params.account_id)),
  );

  app.patch(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Change the connectivity settings of the account',
        params,
        body: schema.patchBody,
        response,
      },
    },
    async ({ params, body }) => {
      const settings = await db.transact((tx) => rules.change(tx, params.account_id, body));
      return ok(settings, notices(settings));
    },
  );
}
