import type { Http } from '../../../api/http.js';
import { notice } from '../../../api/notices.js';
import { MAX_PER_PAGE } from '../../../api/pagination.js';
import { accountObjects } from '../../_kit/account-objects.js';
import { conditionsOf, pageOf, withDeletion } from '../../_kit/list-filters.js';
import type { Context } from '../../context.js';
import { hostnameRouteToWire, type NamedHostnameRoute } from './definition.js';
import * as fields from './fields.js';
import { changeHostnameRoute, createHostnameRoute, getHostnameRoute, removeHostnameRoute } from './rules.js';

const NOT_YET = notice(
  'no_effect_yet',
  'hostname: no traffic is routed by private host names; routes of IP networks are',
);

const include = { tunnel: { select: { name: true, tunType: true } } };

export function hostnameRouteRoutes(app: Http, context: Context): void {
  accountObjects(app, context, {
    path: '/accounts/:account_id/zerotrust/routes/hostname',
    id: 'hostname_route_id',
    tags: ['Hostname routes'],
    one: 'a hostname route',
    many: 'hostname routes',
    answer: fields.hostnameRoute,
    toWire: hostnameRouteToWire,
    notices: [NOT_YET],
    list: {
      query: fields.listQuery,
      perPage: MAX_PER_PAGE,
      rows(accountId, query, page) {
        // This list has never shown deleted ones that nobody asked for.
        const AND = conditionsOf(fields.filters, withDeletion(query, null));
        return pageOf<NamedHostnameRoute>(context.db.read.hostnameRoute, { accountId, AND }, page, {
          include,
        });
      },
    },
    createBody: fields.createBody,
    patchBody: fields.patchBody,
    create: createHostnameRoute,
    get: getHostnameRoute,
    change: changeHostnameRoute,
    remove: removeHostnameRoute,
  });
}
