import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { crudRoutes } from '../../_kit/crud.js';
import { noticesOf } from '../../_kit/fields.js';
import { fromMemory } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import { answer, bodies, fields } from './fields.js';
import { reachedAt } from './private-address.js';
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
        ...(await reachedAt(dataPlane, balancer)),
      ],
    });
}
