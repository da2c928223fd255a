import type { LoadBalancerFields } from './fields.js';

/** Every pool that the load balancer names, in whatever field, with the first field that does. */
export function namedPools(fields: LoadBalancerFields): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  const add = (field: string, ids: readonly string[]) => {
    for (const id of ids) if (!named.has(id)) named.set(id, field);
  };
  add('default_pools', fields.default_pools);
  add('fallback_pool', [fields.fallback_pool]);
  for (const field of ['region_pools', 'country_pools', 'pop_pools'] as const)
    for (const ids of Object.values(fields[field])) add(field, ids);
  add('random_steering.pool_weights', Object.keys(fields.random_steering?.pool_weights ?? {}));
  return named;
}
