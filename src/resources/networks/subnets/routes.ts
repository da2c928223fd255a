import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { uuid } from '../../../api/identifiers.js';
import { notice } from '../../../api/notices.js';
import { MAX_PER_PAGE } from '../../../api/pagination.js';
import { crudRoutes } from '../../_kit/crud.js';
import { conditionsOf, pageOf, withDeletion } from '../../_kit/list-filters.js';
import { operations } from '../../_kit/operations.js';
import { fromDatabase } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import { type Subnet, subnetToWire } from './definition.js';
import * as fields from './fields.js';
import {
  changeSubnet,
  changeWellKnown,
  createSubnet,
  getSubnet,
  removeSubnet,
  wellKnownSubnet,
} from './rules.js';

const PATH = '/accounts/:account_id/zerotrust/subnets';
const tags = ['Subnets'];
const notices = [
  notice('no_effect_yet', 'network: no addresses are given out of it; it only keeps routes off'),
];

export function subnetRoutes(app: Http, context: Context): void {
  const { db, world, settings } = context;
  wellKnownRoutes(app, context);

  // Those that devices get their addresses from; the list shows all.
  crudRoutes(app, context, {
    path: `${PATH}/warp`,
    id: ['subnet_id', uuid],
    config: { family: 'zt' },
    tags,
    one: 'a subnet for devices',
    many: 'subnets',
    deletable: '; null when there is none any more',
    answer: fields.subnet,
    deleted: fields.subnet.nullable(),
    bodies: fields.bodies,
    withoutPut: true,
    shown: fromDatabase(world, {
      listPath: PATH,
      query: fields.listQuery,
      perPage: MAX_PER_PAGE,
      rows(accountId, query: fields.ListQuery, page) {
        const AND = conditionsOf(fields.filters, withDeletion(query, settings));
        return pageOf<Subnet>(db.read.subnet, { accountId, AND }, page, { order: query.sort_order });
      },
      get: getSubnet,
      toWire: subnetToWire,
    }),
    create: createSubnet,
    change: changeSubnet,
    remove: removeSubnet,
    notices: () => notices,
  });
}

/** Subnets of which an account has one for each address family. */
function wellKnownRoutes(app: Http, { world, write }: Context): void {
  const { get, put, patch } = operations(app, { family: 'zt', tags });
  const schemas = { params: fields.familyParams, answer: fields.subnet };

  get(
    `${PATH}/initial_resolved_ip/:address_family`,
    'Get the subnet that private host names first resolve to',
    schemas,
    ({ params: { account_id, address_family } }) =>
      ok(subnetToWire(wellKnownSubnet(world, account_id, 'initial_resolved_ip', address_family))),
  );

  for (const [change, type, what] of [
    [put, 'initial_resolved_ip', 'private host names first resolve to'],
    [patch, 'cloudflare_source', 'traffic to private origins comes from'],
  ] as const)
    change(
      `${PATH}/${type}/:address_family`,
      `Change the subnet that ${what}`,
      { ...schemas, body: fields.wellKnownBody },
      async ({ params: { account_id, address_family }, body }) => {
        const subnet = await write((draft) => changeWellKnown(draft, account_id, type, address_family, body));
        return ok(subnetToWire(subnet), notices);
      },
    );
}
