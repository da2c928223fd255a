import { compileExpression } from '../../expressions/compile.js';
import { ExpressionError } from '../../expressions/expression-error.js';
import { ApiError } from '../../wire/errors.js';
import { affinityProblem, overriddenSession, sessionOf } from './affinity.js';
import type { LoadBalancerFields } from './fields.js';
import { poolSetsProblem } from './pool-set-limits.js';
import type { Rule } from './rule-schema.js';

/**
 * Rules between the fields of a load balancer; throws what the first broken one says. Conditions of `stored` have been
 * compiled when they were written, and are not again.
 */
export function checkFields(fields: LoadBalancerFields, stored: LoadBalancerFields | null): void {
  const broken =
    (fields.default_pools.length === 0 ? 'default_pools must name at least one pool' : null) ??
    affinityProblem('', sessionOf(fields)) ??
    rulesProblem(fields, new Set(stored?.rules.map(({ condition }) => condition))) ??
    poolSetsProblem(fields.pool_sets);
  if (broken !== null) throw new ApiError('validation_failed', broken);
}

function rulesProblem(fields: LoadBalancerFields, compiled: ReadonlySet<string | undefined>): string | null {
  for (const [index, rule] of fields.rules.entries()) {
    const prefix = `rules[${index}].`;
    const problem =
      (compiled.has(rule.condition) ? null : conditionProblem(prefix, rule)) ??
      ruleProblem(prefix, rule, fields);
    if (problem !== null) return problem;
  }
  return null;
}

function conditionProblem(prefix: string, { condition = '' }: Rule): string | null {
  try {
    compileExpression(condition);
    return null;
  } catch (error) {
    if (error instanceof ExpressionError) return `${prefix}condition: ${error.message}`;
    throw error;
  }
}

function ruleProblem(prefix: string, { overrides, fixed_response }: Rule, fields: LoadBalancerFields) {
  if (!overrides) return null;
  if (overrides.pools && fixed_response) return `${prefix}overrides.pools must not go with a fixed_response`;
  const weighted = overrides.pool_weights !== undefined || overrides.pool_default_weight !== undefined;
  if (weighted && overrides.random_steering)
    return `${prefix}overrides.random_steering must not go with pool_weights or pool_default_weight`;
  return affinityProblem(`${prefix}overrides.`, overriddenSession(fields, overrides));
}
