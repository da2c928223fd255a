import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import { notices } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import * as store from './store.js';
import { subnetView } from './view.js';

const PATH = '/accounts/:account_id/zerotrust/subnets';
const INITIAL_RESOLVED = `${PATH}/initial_resolved_ip/:address_family`;
const config = { family: 'zt' } as const;
const tags = ['Subnets'];
const response = { 200: successOf(schema.subnet), ...failures };

/** Subnets of which an account has one for each address family. */
export function wellKnownRoutes(app: Http, { db }: Context): void {
  app.get(
    INITIAL_RESOLVED,
    {
      config,
      schema: {
        tags,
        summary: 'Get the subnet that private host names first resolve to',
        params: schema.familyParams,
        response,
      },
    },
    async ({ params: { account_id, address_family } }) =>
      ok(subnetView(await store.findWellKnown(db.read, account_id, 'initial_resolved_ip', address_family))),
  );

  app.put(
    INITIAL_RESOLVED,
    {
      config,
      schema: {
        tags,
        summary: 'Change the subnet that private host names first resolve to',
        params: schema.familyParams,
        body: schema.wellKnownBody,
        response,
      },
    },
    async ({ params: { account_id, address_family }, body }) =>
      written(
        await db.transact((tx) =>
          rules.changeWellKnown(tx, account_id, 'initial_resolved_ip', address_family, body),
        ),
      ),
  );

  app.patch(
    `${PATH}/cloudflare_source/:address_family`,
    {
      config,
      schema: {
        tags,
        summary: 'Change the subnet that traffic to private origins comes from',
        params: schema.familyParams,
        body: schema.wellKnownBody,
        response,
      },
    },
    async ({ params: { account_id, address_family }, body }) =>
      written(
        await db.transact((tx) =>
          rules.changeWellKnown(tx, account_id, 'cloudflare_source', address_family, body),
        ),
      ),
  );
}

function written(subnet: store.Subnet) {
  const view = subnetView(subnet);
  return ok(view, notices(view));
}
