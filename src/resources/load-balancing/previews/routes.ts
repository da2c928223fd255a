import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { body } from '../monitors/fields.js';
import { getPool } from '../pools/rules.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

const PATH = '/accounts/:account_id/load_balancers';

/**
 * Trying a monitor before it is written: what it would find, with no effect on anybody's health. It is a whole monitor, as on
 * creating one: nothing is taken over from a stored one.
 */
export function previewRoutes(app: Http, context: Context): void {
  const { world } = context;
  const about = { family: 'lb', alsoForUser: true, tags: ['Load balancer previews'] } as const;
  const { post, get } = operations(app, about);

  post(
    `${PATH}/monitors/:monitor_id/preview`,
    'Try other settings of a monitor on the pools that it watches',
    { params: schema.monitorParams, body, answer: schema.started },
    async ({ params: { account_id, monitor_id }, body }) =>
      rules.start(context, account_id, rules.poolsOfMonitor(world, account_id, monitor_id), body),
  );

  post(
    `${PATH}/pools/:pool_id/preview`,
    'Try a monitor on a pool',
    { params: schema.poolParams, body, answer: schema.started },
    async ({ params: { account_id, pool_id }, body }) =>
      rules.start(context, account_id, [getPool(world, account_id, pool_id)], body),
  );

  get(
    `${PATH}/preview/:preview_id`,
    'Show what a preview has found so far',
    { params: schema.previewParams, answer: schema.result },
    async ({ params: { account_id, preview_id } }) => ok(await rules.result(context, account_id, preview_id)),
  );
}
