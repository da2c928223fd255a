import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { compileExpression } from '../../../expressions/compile.js';
import { type PatternBudget, patternBudget } from '../../../expressions/regex/pattern.js';
import { ExpressionError } from '../../../expressions/types.js';
import { affinityProblem, overriddenSession, sessionOf } from './affinity.js';
import type { LoadBalancerValues } from './fields.js';
import type { PoolSet } from './pool-set-schema.js';
import type { Rule } from './rule-schema.js';

/** Characters of all conditions of a load balancer: a request may be held against each of them. */
const MAX_CONDITIONS = 131_072;
const MAX_SETS = 1000;
const MAX_ENTRIES = 1000;

/**
 * Rules between the fields of a load balancer; throws what the first broken one says. The conditions of `stored`
 * were compiled when they were written, and are not again while they are the same.
 */
export function checkLimits(fields: LoadBalancerValues, stored: LoadBalancerValues | null): void {
  const broken =
    (fields.default_pools.length === 0 ? 'default_pools must name at least one pool' : null) ??
    affinityProblem('', sessionOf(fields)) ??
    conditionsProblem(fields, stored) ??
    rulesProblem(fields) ??
    poolSetsProblem(fields.pool_sets);
  if (broken !== null) throw new ApiError('validation_failed', broken);
}

function rulesProblem(fields: LoadBalancerValues): string | null {
  for (const [index, rule] of fields.rules.entries()) {
    const problem = ruleProblem(`rules[${index}].`, rule, fields);
    if (problem !== null) return problem;
  }
  return null;
}

function conditionsProblem({ rules }: LoadBalancerValues, stored: LoadBalancerValues | null): string | null {
  if (stored && isDeepStrictEqual(rules.map(conditionOf), stored.rules.map(conditionOf))) return null;
  const length = rules.reduce((sum, rule) => sum + conditionOf(rule).length, 0);
  if (length > MAX_CONDITIONS)
    return `rules: the conditions have ${length} characters together, more than ${MAX_CONDITIONS}`;
  const budget = patternBudget();
  for (const [index, rule] of rules.entries()) {
    const problem = conditionProblem(conditionOf(rule), budget);
    if (problem !== null) return `rules[${index}].condition: ${problem}`;
  }
  return null;
}

const conditionOf = ({ condition = '' }: Rule) => condition;

function conditionProblem(condition: string, budget: PatternBudget): string | null {
  try {
    compileExpression(condition, budget);
    return null;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

function ruleProblem(prefix: string, { overrides, fixed_response }: Rule, fields: LoadBalancerValues) {
  if (!overrides) return null;
  if (overrides.pools && fixed_response) return `${prefix}overrides.pools must not go with a fixed_response`;
  const weighted = overrides.pool_weights !== undefined || overrides.pool_default_weight !== undefined;
  if (weighted && overrides.random_steering)
    return `${prefix}overrides.random_steering must not go with pool_weights or pool_default_weight`;
  return affinityProblem(`${prefix}overrides.`, overriddenSession(fields, overrides));
}

/** What the first broken rule of pool sets says, starting with the identifier that Cloudflare documents for it, or null. */
function poolSetsProblem(sets: readonly PoolSet[]): string | null {
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
