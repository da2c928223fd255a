import type { LoadBalancerValues } from './fields.js';

type Ids = readonly string[];

/** Where pools can stand: in the load balancer itself, and in what its rules and pool sets override. */
interface NamesPools {
  readonly default_pools?: Ids | undefined;
  readonly fallback_pool?: string | undefined;
  readonly region_pools?: Readonly<Record<string, Ids>> | undefined;
  readonly country_pools?: Readonly<Record<string, Ids>> | undefined;
  readonly pop_pools?: Readonly<Record<string, Ids>> | undefined;
  readonly random_steering?: { readonly pool_weights?: object | undefined } | null | undefined;
  readonly pools?: Ids | undefined;
  readonly pool_weights?: object | undefined;
}

/** Every pool that the load balancer names, in whatever field and in force or not, with the first field that does. */
export function namedPools(fields: LoadBalancerValues): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  const add = (prefix: string, part: NamesPools | undefined) => {
    if (!part) return;
    for (const [field, ids] of mentions(part))
      for (const id of ids) if (!named.has(id)) named.set(id, `${prefix}${field}`);
  };
  add('', fields);
  for (const [index, { overrides }] of fields.rules.entries()) add(`rules[${index}].overrides.`, overrides);
  for (const [index, { overrides }] of fields.pool_sets.entries())
    add(`pool_sets[${index}].overrides.`, overrides);
  return named;
}

function* mentions(part: NamesPools): Generator<readonly [field: string, ids: Ids]> {
  if (part.default_pools) yield ['default_pools', part.default_pools];
  if (part.fallback_pool !== undefined) yield ['fallback_pool', [part.fallback_pool]];
  for (const field of ['region_pools', 'country_pools', 'pop_pools'] as const)
    for (const [code, ids] of Object.entries(part[field] ?? {})) yield [`${field}.${code}`, ids];
  if (part.pools) yield ['pools', part.pools];
  if (part.pool_weights) yield ['pool_weights', Object.keys(part.pool_weights)];
  yield ['random_steering.pool_weights', Object.keys(part.random_steering?.pool_weights ?? {})];
}
