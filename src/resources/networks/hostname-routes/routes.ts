import type { Http } from '../../../api/http.js';
import { uuid } from '../../../api/identifiers.js';
import { notice } from '../../../api/notices.js';
import { MAX_PER_PAGE } from '../../../api/pagination.js';
import { crudRoutes } from '../../_kit/crud.js';
import { conditionsOf, pageOf, withDeletion } from '../../_kit/list-filters.js';
import { fromDatabase } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import { hostnameRouteToWire, type NamedHostnameRoute } from './definition.js';
import { bodies, filters, hostnameRoute, type ListQuery, listQuery } from './fields.js';
import { changeHostnameRoute, createHostnameRoute, getHostnameRoute, removeHostnameRoute } from './rules.js';

const NOT_YET = notice(
  'no_effect_yet',
  'hostname: no traffic is routed by private host names; routes of IP networks are',
);

const include = { tunnel: { select: { name: true, tunType: true } } };

export function hostnameRouteRoutes(app: Http, context: Context): void {
  const { db, world } = context;
  crudRoutes(app, context, {
    path: '/accounts/:account_id/zerotrust/routes/hostname',
    id: ['hostname_route_id', uuid],
    config: { family: 'zt' },
    tags: ['Hostname routes'],
    one: 'a hostname route',
    many: 'hostname routes',
    answer: hostnameRoute,
    deleted: hostnameRoute,
    bodies,
    withoutPut: true,
    shown: fromDatabase(world, {
      query: listQuery,
      perPage: MAX_PER_PAGE,
      rows(accountId, query: ListQuery, page) {
        // This list has never shown deleted ones that nobody asked for.
        const AND = conditionsOf(filters, withDeletion(query, null));
        return pageOf<NamedHostnameRoute>(db.read.hostnameRoute, { accountId, AND }, page, { include });
      },
      get: getHostnameRoute,
      toWire: hostnameRouteToWire,
    }),
    create: createHostnameRoute,
    change: changeHostnameRoute,
    remove: removeHostnameRoute,
    notices: () => [NOT_YET],
  });
}
