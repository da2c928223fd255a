import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { noticesOf, patchBody, shownShape } from '../../_kit/fields.js';
import { accountParams, operations } from '../../_kit/operations.js';
import { changeSingle, singleOf } from '../../_kit/singles.js';
import type { Context } from '../../context.js';
import { fields } from './definition.js';

const PATH = '/accounts/:account_id/zerotrust/connectivity_settings';

const body = patchBody(fields);
const answer = z.object(shownShape(fields)).meta({ id: 'ConnectivitySettings' });

export function connectivitySettingsRoutes(app: Http, { world, write }: Context): void {
  const { get, patch } = operations(app, { family: 'zt', tags: ['Connectivity settings'] });
  const schemas = { params: accountParams, answer };

  get(PATH, 'Get the connectivity settings of the account', schemas, ({ params }) =>
    ok(singleOf(world.connectivitySettings, fields, params.account_id)),
  );

  patch(
    PATH,
    'Change the connectivity settings of the account',
    { ...schemas, body },
    async ({ params, body }) => {
      const changed = await write((draft) =>
        changeSingle(draft.connectivitySettings, fields, params.account_id, body),
      );
      return ok(changed, noticesOf(fields, changed));
    },
  );
}
