import { removedBy } from '../../../api/api-changes.js';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import { namedRouteToWire, routeToWire } from './definition.js';
import * as schema from './fields.js';
import * as rules from './rules.js';

const PATH = '/accounts/:account_id/teamnet/routes';
const BY_NETWORK = `${PATH}/network/:ip_network_encoded`;
const about = { family: 'zt', tags: ['Routes'] } as const;

/** Routes by an address that they cover. */
export function addressRoutes(app: Http, { world }: Context): void {
  operations(app, about).get(
    `${PATH}/ip/:ip`,
    'Get the route that an address takes; an empty object when there is none',
    { params: schema.ipParams, query: schema.ipQuery, answer: schema.routeOrNone },
    ({ params: { account_id, ip }, query }) => {
      const route = rules.lookUp(world, account_id, ip, query);
      return ok(route ? namedRouteToWire(rules.named(world, route)) : {});
    },
  );
}

/** Routes by exactly the network that they cover: the older way to name one. */
export function networkRoutes(app: Http, { write }: Context): void {
  const { post, patch, remove } = operations(app, about, removedBy('no_routes_by_network'));
  const schemas = { params: schema.networkParams, answer: schema.route };

  post(
    BY_NETWORK,
    'Create the route of a network',
    { ...schemas, body: schema.createByNetworkBody },
    async ({ params: { account_id, ip_network_encoded }, body }) => {
      const network = rules.networkInPath(ip_network_encoded);
      const created = await write((draft) => rules.createRoute(draft, account_id, { ...body, network }));
      return ok(routeToWire(created));
    },
  );

  patch(
    BY_NETWORK,
    'Change the route of a network',
    { ...schemas, body: schema.patchByNetworkBody },
    async ({ params: { account_id, ip_network_encoded }, body }) => {
      const { virtual_network_id, ...changes } = body ?? {};
      const changed = await write((draft) => {
        const route = rules.byNetwork(draft, account_id, ip_network_encoded, virtual_network_id);
        return rules.changeRoute(draft, account_id, route.id, changes);
      });
      return ok(routeToWire(changed));
    },
  );

  remove(
    BY_NETWORK,
    'Delete the route of a network',
    { ...schemas, query: schema.deleteByNetworkQuery },
    async ({ params: { account_id, ip_network_encoded }, query }) =>
      ok(
        routeToWire(
          await write((draft) => rules.removeByNetwork(draft, account_id, ip_network_encoded, query)),
        ),
      ),
  );
}
