import type { Message } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { notice } from '../../../api/notices.js';
import { hostPort } from '../../../net/addresses.js';
import { crudRoutes } from '../../_kit/crud.js';
import { noticesOf } from '../../_kit/fields.js';
import { fromMemory } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import type { LoadBalancer } from './definition.js';
import { answer, bodies, fields } from './fields.js';
import { recordsBehind } from './records-behind.js';
import { balancerWrites, ownerKeyOf } from './rules.js';

/** The operations are the same for a zone and for an account; only the path tells who has the load balancers. */
const SCOPES = [
  { scope: 'zone', path: '/zones/:zone_id/load_balancers', owner: 'a zone' },
  { scope: 'account', path: '/accounts/:account_id/load_balancers', owner: 'an account' },
] as const;

export function loadBalancerRoutes(app: Http, context: Context): void {
  const { world, views, dataPlane } = context;
  for (const { scope, path, owner } of SCOPES)
    crudRoutes(app, context, {
      path,
      id: ['load_balancer_id', hexId],
      config: { family: 'lb' },
      tags: ['Load balancers'],
      one: `a load balancer of ${owner}`,
      many: `the load balancers of ${owner}`,
      answer,
      bodies,
      shown: fromMemory(views.loadBalancers, { keyOf: (id) => ownerKeyOf(world, scope, id) }),
      ...balancerWrites(scope),
      notices: async (balancer) => [
        ...noticesOf(fields, balancer.values),
        ...recordsBehind(world, balancer),
        ...(await reachedAt(dataPlane, balancer)),
      ],
    });
}

/** What the answer to a write says of where the load balancer is reached. The write itself is done, whatever comes of this. */
async function reachedAt(
  dataPlane: Pick<Context['dataPlane'], 'ask'>,
  { id, zone, values: { enabled } }: LoadBalancer,
): Promise<Message[]> {
  if (zone !== null || !enabled) return [];
  const addresses = await dataPlane.ask('private_addresses', null).catch(() => null);
  if (addresses === null) return [reached('at an address that GET /_offramp/on-ramps tells')];
  const address = addresses.find((one) => one.id === id);
  if (!address) {
    const message = 'a load balancer of an account takes no traffic without --private-network';
    return [notice('no_effect_yet', message)];
  }
  const { host, port, error } = address;
  if (host === null || port === null)
    return [reached(`nowhere: ${error ?? 'it is about to listen, GET /_offramp/on-ramps tells where'}`)];
  return [reached(`at http://${hostPort(host, port)}, whatever host a request names`)];
}

const reached = (where: string): Message => notice('reached_at', `reached ${where}`);
