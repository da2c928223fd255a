import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import { ApiError } from '../../../api/errors.js';
import type { Http } from '../../../api/http.js';
import { hexId, uuid } from '../../../api/identifiers.js';
import { authorize } from '../../../api/permissions.js';
import { text } from '../../../api/text.js';
import { canonicalHost, tunnelHostname } from '../../../net/hostnames.js';
import { operations } from '../../_kit/operations.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import { leadToTunnel } from '../../accounts/dns-records/rules.js';
import { getZone } from '../../accounts/zones/rules.js';
import type { Context } from '../../context.js';
import type { WorkingDraft } from '../../definitions.js';
import { ownerKey } from '../../load-balancing/load-balancers/definition.js';
import { balancerWrites } from '../../load-balancing/load-balancers/rules.js';
import { name as poolName } from '../../load-balancing/pools/fields.js';
import { poolWrites } from '../../load-balancing/pools/rules.js';
import { getTunnel } from '../../tunnels/rules.js';

const params = z.object({ zone_id: hexId, tunnel_id: uuid });

const name = text(255).min(1, 'must not be empty');

const body = z.discriminatedUnion('type', [
  z.object({ type: z.literal('lb'), lb_name: name, lb_pool: name }),
  z.object({ type: z.literal('dns'), user_hostname: name, overwrite_existing: z.boolean().nullish() }),
]);

const change = z.enum(['new', 'updated', 'unchanged']);
const result = z.union([
  z.object({ load_balancer: change, pool: change }).meta({ id: 'TunnelLoadBalancerChange' }),
  z.object({ cname: change, name: z.string() }).meta({ id: 'TunnelDnsChange' }),
]);

type Body = z.output<typeof body>;
type Change = z.output<typeof change>;

/** What `cloudflared tunnel route lb` and `route dns` ask for. */
export function zoneTunnelRouteRoutes(app: Http, context: Context): void {
  const { access } = context;
  operations(app, { family: 'zt', tags: ['Tunnels'] }).put(
    '/zones/:zone_id/tunnels/:tunnel_id/routes',
    'Lead a host name or a load balancer of the zone to a tunnel',
    { params, body, answer: result },
    // Without messages of what has no effect yet: cloudflared cannot read any.
    async ({ params: { zone_id, tunnel_id }, body, credential }) => {
      for (const path of changedBy(body.type, zone_id, access.accountOf(zone_id)))
        if (credential!.token)
          authorize(credential!.token, access, {
            method: 'POST',
            segments: path.split('/'),
            body: undefined,
          });
      return ok(await route(context, zone_id, tunnel_id, body));
    },
  );
}

/** What the operation writes: the token must be allowed to. */
function changedBy(type: Body['type'], zone: string, account: string | undefined): string[] {
  if (type === 'dns') return [`/zones/${zone}/dns_records`];
  return [
    `/zones/${zone}/load_balancers`,
    ...(account === undefined ? [] : [`/accounts/${account}/load_balancers/pools`]),
  ];
}

/**
 * Leads a host name to the tunnel: with a DNS record, or by making `<tunnel>.cfargotunnel.com` an origin of the pool, and the
 * pool one of the load balancer. What is not there is created.
 */
async function route(
  context: Context,
  zoneId: string,
  tunnelId: string,
  body: Body,
): Promise<z.output<typeof result>> {
  const zone = getZone(context.world, zoneId);
  return await context.write((draft) => {
    getTunnel(draft, zone.accountId, tunnelId, ['cfd_tunnel']);
    if (body.type === 'dns')
      return leadToTunnel(draft, zone, tunnelId, body.user_hostname, body.overwrite_existing ?? false);
    const problem = poolName.safeParse(body.lb_pool).error?.issues[0];
    if (problem) throw new ApiError('unparsable_input', `lb_pool ${problem.message}`);
    const pool = poolWithTunnel(draft, context, zone.accountId, body.lb_pool, tunnelId);
    const balancer = balancerWithPool(draft, zone, canonicalHost(body.lb_name), pool.id);
    return { load_balancer: balancer, pool: pool.change };
  });
}

function poolWithTunnel(
  draft: WorkingDraft,
  { settings }: Context,
  accountId: string,
  name: string,
  tunnelId: string,
): { id: string; change: Change } {
  // Named by the id, which no other origin of the pool can have taken.
  const origin = { name: tunnelId, address: tunnelHostname(tunnelId) };
  const { create, change } = poolWrites(settings);
  const [pool] = draft.pools.by('name', keyIn(accountId, name));
  if (!pool) return { id: create(draft, accountId, { name, origins: [origin] }).id, change: 'new' };
  const { origins } = pool.values;
  if (origins.some(({ address }) => canonicalHost(address) === origin.address))
    return { id: pool.id, change: 'unchanged' };
  change(draft, accountId, pool.id, { origins: [...origins, origin] }, 'PATCH');
  return { id: pool.id, change: 'updated' };
}

function balancerWithPool(
  draft: WorkingDraft,
  zone: { readonly id: string; readonly accountId: string },
  name: string,
  pool: string,
): Change {
  const { create, change } = balancerWrites('zone');
  const key = keyIn(ownerKey(zone.id, zone.accountId), name);
  const [balancer] = draft.loadBalancers.by('name', key);
  if (!balancer) {
    create(draft, zone.id, { name, default_pools: [pool], fallback_pool: pool, proxied: true });
    return 'new';
  }
  const { default_pools } = balancer.values;
  if (default_pools.includes(pool)) return 'unchanged';
  change(draft, zone.id, balancer.id, { default_pools: [...default_pools, pool] }, 'PATCH');
  return 'updated';
}
