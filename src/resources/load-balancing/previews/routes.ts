import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

const PATH = '/accounts/:account_id/load_balancers';
const config = { family: 'lb', alsoForUser: true } as const;
const tags = ['Load balancer previews'];
const response = { 200: successOf(schema.started), ...failures };
const { body } = rules;

/** Trying a monitor before it is written: what it would find, with no effect on anybody's health. */
export function previewRoutes(app: Http, context: Context): void {
  const { world } = context;

  app.post(
    `${PATH}/monitors/:monitor_id/preview`,
    {
      config,
      schema: {
        tags,
        summary: 'Try other settings of a monitor on the pools that it watches',
        params: schema.monitorParams,
        body,
        response,
      },
    },
    async ({ params: { account_id, monitor_id }, body }) =>
      written(
        await rules.start(context, account_id, rules.poolsOfMonitor(world, account_id, monitor_id), body),
      ),
  );

  app.post(
    `${PATH}/pools/:pool_id/preview`,
    {
      config,
      schema: { tags, summary: 'Try a monitor on a pool', params: schema.poolParams, body, response },
    },
    async ({ params: { account_id, pool_id }, body }) =>
      written(await rules.start(context, account_id, rules.onlyPool(world, account_id, pool_id), body)),
  );

  app.get(
    `${PATH}/preview/:preview_id`,
    {
      config,
      schema: {
        tags,
        summary: 'Show what a preview has found so far',
        params: schema.previewParams,
        response: { 200: successOf(schema.result), ...failures },
      },
    },
    async ({ params: { account_id, preview_id } }) => ok(await rules.result(context, account_id, preview_id)),
  );
}

const written = ({ started, notices }: rules.Start) => ok(started, notices);
