import { removedBy } from '../../../api/api-changes.js';
import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import { namedRouteToWire, routeToWire } from './definition.js';
import * as schema from './fields.js';
import * as rules from './rules.js';

const PATH = '/accounts/:account_id/teamnet/routes';
const BY_NETWORK = `${PATH}/network/:ip_network_encoded`;
const config = { family: 'zt' } as const;
const tags = ['Routes'];
const removed = removedBy('no_routes_by_network');
const response = { 200: successOf(schema.route), ...failures };

/** Routes by an address that they cover. */
export function addressRoutes(app: Http, { world }: Context): void {
  app.get(
    `${PATH}/ip/:ip`,
    {
      config,
      schema: {
        tags,
        summary: 'Get the route that an address takes; an empty object when there is none',
        params: schema.ipParams,
        querystring: schema.ipQuery,
        response: { 200: successOf(schema.routeOrNone), ...failures },
      },
    },
    async ({ params: { account_id, ip }, query }) => {
      const route = rules.lookUp(world, account_id, ip, query);
      return ok(route ? namedRouteToWire(rules.named(world, route)) : {});
    },
  );
}

/** Routes by exactly the network that they cover: the older way to name one. */
export function networkRoutes(app: Http, { write }: Context): void {
  app.post(
    BY_NETWORK,
    {
      config,
      schema: {
        tags,
        summary: 'Create the route of a network',
        ...removed,
        params: schema.networkParams,
        body: schema.createByNetworkBody,
        response,
      },
    },
    async ({ params: { account_id, ip_network_encoded }, body }) => {
      const network = rules.networkInPath(ip_network_encoded);
      return ok(
        routeToWire(await write((draft) => rules.createRoute(draft, account_id, { ...body, network }))),
      );
    },
  );

  app.patch(
    BY_NETWORK,
    {
      config,
      schema: {
        tags,
        summary: 'Change the route of a network',
        ...removed,
        params: schema.networkParams,
        body: schema.patchByNetworkBody,
        response,
      },
    },
    async ({ params: { account_id, ip_network_encoded }, body }) => {
      const { virtual_network_id, ...changes } = body ?? {};
      const changed = await write((draft) => {
        const route = rules.byNetwork(draft, account_id, ip_network_encoded, virtual_network_id);
        return rules.changeRoute(draft, account_id, route.id, changes);
      });
      return ok(routeToWire(changed));
    },
  );

  app.delete(
    BY_NETWORK,
    {
      config,
      schema: {
        tags,
        summary: 'Delete the route of a network',
        ...removed,
        params: schema.networkParams,
        querystring: schema.deleteByNetworkQuery,
        response,
      },
    },
    async ({ params: { account_id, ip_network_encoded }, query }) =>
      ok(
        routeToWire(
          await write((draft) => rules.removeByNetwork(draft, account_id, ip_network_encoded, query)),
        ),
      ),
  );
}
