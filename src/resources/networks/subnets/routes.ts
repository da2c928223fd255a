import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { notice } from '../../../api/notices.js';
import { listed, MAX_PER_PAGE, pageRequest } from '../../../api/pagination.js';
import { accountObjects } from '../../_kit/account-objects.js';
import { withDeletion } from '../../_kit/list-filters.js';
import type { Context } from '../../context.js';
import { type Subnet, subnetToWire as toWire } from './definition.js';
import * as fields from './fields.js';
import {
  changeSubnet,
  changeWellKnown,
  createSubnet,
  getSubnet,
  removeSubnet,
  wellKnownSubnet,
} from './rules.js';
import * as store from './store.js';

const PATH = '/accounts/:account_id/zerotrust/subnets';
const config = { family: 'zt' } as const;
const tags = ['Subnets'];
const response = { 200: successOf(fields.subnet), ...failures };

const NOT_YET = notice(
  'no_effect_yet',
  'network: no addresses are given out of it; it only keeps routes off',
);
const written = (subnet: Subnet) => ok(toWire(subnet), [NOT_YET]);

export function subnetRoutes(app: Http, context: Context): void {
  const { db, world, write, settings } = context;

  // Those that devices get their addresses from.
  accountObjects(app, {
    path: `${PATH}/warp`,
    id: 'subnet_id',
    tags,
    one: 'a subnet for devices',
    deletable: '; null when there is none any more',
    answer: fields.subnet,
    deletedAnswer: fields.subnet.nullable(),
    createBody: fields.createBody,
    patchBody: fields.patchBody,
    create: async (accountId, body) => written(await write((draft) => createSubnet(draft, accountId, body))),
    get: (accountId, id) => ok(toWire(getSubnet(world, accountId, id))),
    change: async (accountId, id, body) =>
      written(await write((draft) => changeSubnet(draft, accountId, id, body))),
    async remove(accountId, id) {
      const deleted = await write((draft) => removeSubnet(draft, accountId, id));
      return ok(deleted && toWire(deleted));
    },
  });
  wellKnownRoutes(app, context);

  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List subnets',
        params: fields.accountParams,
        querystring: fields.listQuery,
        response: { 200: listOf(fields.subnet), ...failures },
      },
    },
    async ({ params, query }) => {
      const page = pageRequest(query, MAX_PER_PAGE);
      const filter = withDeletion(query, settings);
      const { items, total } = await store.list(db.read, params.account_id, filter, page);
      return listed(items.map(toWire), total, page);
    },
  );
}

/** Subnets of which an account has one for each address family. */
function wellKnownRoutes(app: Http, { world, write }: Context): void {
  app.get(
    `${PATH}/initial_resolved_ip/:address_family`,
    {
      config,
      schema: {
        tags,
        summary: 'Get the subnet that private host names first resolve to',
        params: fields.familyParams,
        response,
      },
    },
    async ({ params: { account_id, address_family } }) =>
      ok(toWire(wellKnownSubnet(world, account_id, 'initial_resolved_ip', address_family))),
  );

  for (const [method, type, what] of [
    ['PUT', 'initial_resolved_ip', 'private host names first resolve to'],
    ['PATCH', 'cloudflare_source', 'traffic to private origins comes from'],
  ] as const)
    app.route({
      method,
      url: `${PATH}/${type}/:address_family`,
      config,
      schema: {
        tags,
        summary: `Change the subnet that ${what}`,
        params: fields.familyParams,
        body: fields.wellKnownBody,
        response,
      },
      handler: async ({ params: { account_id, address_family }, body }) =>
        written(await write((draft) => changeWellKnown(draft, account_id, type, address_family, body))),
    });
}
