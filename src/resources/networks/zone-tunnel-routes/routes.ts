import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { authorize } from '../../../api/permissions.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import * as rules from './rules.js';
import * as schema from './schema.js';

/** What `cloudflared tunnel route lb` and `route dns` ask for. */
export function zoneTunnelRouteRoutes(app: Http, context: Context): void {
  const { access } = context;
  operations(app, { family: 'zt', tags: ['Tunnels'] }).put(
    '/zones/:zone_id/tunnels/:tunnel_id/routes',
    'Lead a host name or a load balancer of the zone to a tunnel',
    { params: schema.params, body: schema.body, answer: schema.result },
    // Without messages of what has no effect yet: cloudflared cannot read any.
    async ({ params: { zone_id, tunnel_id }, body, credential }) => {
      for (const path of changedBy(body.type, zone_id, access.accountOf(zone_id)))
        if (credential!.token)
          authorize(credential!.token, access, {
            method: 'POST',
            segments: path.split('/'),
            body: undefined,
          });
      return ok(await rules.route(context, zone_id, tunnel_id, body));
    },
  );
}

/** What the operation writes: the token must be allowed to. */
function changedBy(type: schema.Body['type'], zone: string, account: string | undefined): string[] {
  if (type === 'dns') return [`/zones/${zone}/dns_records`];
  return [
    `/zones/${zone}/load_balancers`,
    ...(account === undefined ? [] : [`/accounts/${account}/load_balancers/pools`]),
  ];
}
