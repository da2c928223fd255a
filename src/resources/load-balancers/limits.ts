import { ApiError } from '../../wire/errors.js';
import { affinityProblem } from './affinity.js';
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
  // The load balancer's own TTL is not checked again: where a rule changes the kind alone, it is not the rule's mistake.
  const { session_affinity, session_affinity_ttl, session_affinity_attributes } = overrides;
  return affinityProblem(`${prefix}overrides.`, {
    affinity: session_affinity === '' ? 'none' : (session_affinity ?? fields.session_affinity),
    ttl: session_affinity_ttl ?? null,
    attributes: session_affinity_attributes ?? fields.session_affinity_attributes,
  });
}

export const sessionOf = (fields: LoadBalancerFields) => ({
  affinity: fields.session_affinity,
  ttl: fields.session_affinity_ttl,
  attributes: fields.session_affinity_attributes,
});
