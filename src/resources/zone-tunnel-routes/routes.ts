import { failures, ok, successOf } from '../../wire/envelope.js';
import type { Http } from '../../wire/http.js';
import { authorize } from '../../wire/permissions.js';
import type { Context } from '../context.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

/** What `cloudflared tunnel route lb` and `route dns` ask for. */
export function zoneTunnelRouteRoutes(app: Http, { db, settings, access }: Context): void {
  app.put(
    '/zones/:zone_id/tunnels/:tunnel_id/routes',
    {
      config: { family: 'zt' },
      schema: {
        tags: ['Tunnels'],
        summary: 'Lead a load balancer of the zone to a tunnel',
        params: schema.params,
        body: schema.body,
        response: { 200: successOf(schema.result), ...failures },
      },
    },
    // Without messages of what has no effect yet: cloudflared cannot read any.
    async ({ params: { zone_id, tunnel_id }, body, credential }) => {
      const account = access.accountOf(zone_id);
      if (body.type === 'lb' && credential!.token && account) {
        const segments = ['', 'accounts', account, 'load_balancers', 'pools'];
        authorize(credential!.token, access, { method: 'POST', segments, body: undefined });
      }
      return ok(await db.transact((tx) => rules.route(tx, settings, zone_id, tunnel_id, body)));
    },
  );
}
