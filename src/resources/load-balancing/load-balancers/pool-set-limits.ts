import type { PoolSet } from './pool-set-schema.js';

const MAX_SETS = 1000;
const MAX_ENTRIES = 1000;

/** What the first broken rule of pool sets says, starting with the identifier that Cloudflare documents for it, or null. */
export function poolSetsProblem(sets: readonly PoolSet[]): string | null {
  if (sets.length > MAX_SETS)
    return `POOL_SETS_TOO_LARGE: pool_sets must not have more than ${MAX_SETS} sets`;
  for (const [index, set] of sets.entries()) {
    const problem = matchProblem(set) ?? intentProblem(set);
    if (problem !== null) return problem.replace('<set>', `pool_sets[${index}]`);
  }
  return null;
}

function matchProblem({ match }: PoolSet): string | null {
  if (!match) return null;
  if (!match.topology)
    return match.default ? null : 'POOL_SET_EMPTY_MATCH: <set>.match must have default true or a topology';
  if (match.default)
    return 'POOL_SET_DEFAULT_WITH_MATCH: <set>.match must not have default and a topology both';
  return topologyProblem(match.topology);
}

function topologyProblem(topology: NonNullable<NonNullable<PoolSet['match']>['topology']>): string | null {
  const lists = Object.entries(topology).map(([name, codes = []]) => [name, codes] as const);
  if (lists.every(([, list]) => list.length === 0))
    return 'POOL_SET_EMPTY_TOPOLOGY: <set>.match.topology must have at least one of pops, countries and regions';
  for (const [name, list] of lists) {
    if (list.length > MAX_ENTRIES)
      return `POOL_SET_TOPOLOGY_TOO_LARGE: <set>.match.topology.${name} must not have more than ${MAX_ENTRIES} entries`;
    const seen = new Set<string>();
    const repeated = list.find((code) => seen.size === seen.add(code).size);
    if (repeated !== undefined) return `<set>.match.topology.${name} must not have "${repeated}" twice`;
  }
  return null;
}

function intentProblem({ overrides, fixed_response }: PoolSet): string | null {
  const pools = overrides?.pools ?? [];
  if (pools.length === 0)
    return fixed_response ? null : 'POOL_SET_NO_INTENT: <set> must have overrides.pools or a fixed_response';
  return fixed_response ? '<set> must not have overrides.pools and a fixed_response both' : null;
}
