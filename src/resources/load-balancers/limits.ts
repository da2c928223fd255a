import { ApiError } from '../../wire/errors.js';
import { affinityProblem, overriddenSession, sessionOf } from './affinity.js';
import type { LoadBalancerFields } from './fields.js';
import { poolSetsProblem } from './pool-set-limits.js';
import type { Rule } from './rule-schema.js';

/** Rules between the fields of a load balancer; throws what the first broken one says. */
export function checkFields(fields: LoadBalancerFields): void {
  const broken =
    (fields.default_pools.length === 0 ? 'default_pools must name at least one pool' : null) ??
    affinityProblem('', sessionOf(fields)) ??
    rulesProblem(fields) ??
    poolSetsProblem(fields.pool_sets);
  if (broken !== null) throw new ApiError('validation_failed', broken);
}

function rulesProblem(fields: LoadBalancerFields): string | null {
  for (const [index, rule] of fields.rules.entries()) {
    const problem = ruleProblem(`rules[${index}].`, rule, fields);
    if (problem !== null) return problem;
  }
  return null;
}

function ruleProblem(prefix: string, { overrides, fixed_response }: Rule, fields: LoadBalancerFields) {
  if (!overrides) return null;
  if (overrides.pools && fixed_response) return `${prefix}overrides.pools must not go with a fixed_response`;
  const weighted = overrides.pool_weights !== undefined || overrides.pool_default_weight !== undefined;
  if (weighted && overrides.random_steering)
    return `${prefix}overrides.random_steering must not go with pool_weights or pool_default_weight`;
  return affinityProblem(`${prefix}overrides.`, overriddenSession(fields, overrides));
}
