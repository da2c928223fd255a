import { z } from 'zod';
import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { crudRoutes } from '../../_kit/crud.js';
import { noticesOf } from '../../_kit/fields.js';
import type { Context } from '../../context.js';
import { answer, bodies, fields } from './fields.js';
import { reachedAt } from './private-address.js';
import { changeLoadBalancer, createLoadBalancer, ownerKeyOf, removeLoadBalancer } from './rules.js';

/** The operations are the same for a zone and for an account; only the path tells who has the load balancers. */
const SCOPES = [
  { path: '/zones/:zone_id/load_balancers', owner: 'a zone', params: z.object({ zone_id: hexId }) },
  {
    path: '/accounts/:account_id/load_balancers',
    owner: 'an account',
    params: z.object({ account_id: hexId }),
  },
];

export function loadBalancerRoutes(app: Http, context: Context): void {
  const { world, views, dataPlane } = context;
  for (const { path, owner, params } of SCOPES)
    crudRoutes(app, context, {
      path,
      params,
      id: ['load_balancer_id', hexId],
      config: { family: 'lb' },
      tags: ['Load balancers'],
      one: `a load balancer of ${owner}`,
      many: `the load balancers of ${owner}`,
      answer,
      bodies,
      view: views.loadBalancers,
      ownerOf: (params) => ownerKeyOf(world, params),
      create: createLoadBalancer,
      change: changeLoadBalancer,
      remove: removeLoadBalancer,
      notices: async (balancer) => [
        ...noticesOf(fields, balancer.values),
        ...(await reachedAt(dataPlane, balancer)),
      ],
    });
}
