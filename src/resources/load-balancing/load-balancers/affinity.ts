import { AFFINITY_TTL } from '../../../domain/affinity-ttl.js';
import type { Affinity } from '../../../domain/policies.js';
import type { LoadBalancerValues } from './fields.js';
import type { Rule } from './rule-schema.js';

const ttlRangeOf = (affinity: Affinity) => (affinity === 'none' ? null : AFFINITY_TTL[affinity]);

/** Null stands for what was not set. */
export interface Session {
  readonly affinity: Affinity;
  readonly ttl: number | null;
  readonly attributes: {
    readonly headers?: readonly string[] | undefined;
    readonly zero_downtime_failover?: string | undefined;
  } | null;
}

export const sessionOf = (fields: LoadBalancerValues): Session => ({
  affinity: fields.session_affinity,
  ttl: fields.session_affinity_ttl,
  attributes: fields.session_affinity_attributes,
});

/**
 * What a rule makes of the sessions of its load balancer, for the rule to be judged by. The load balancer's own TTL is left
 * out: where a rule changes the kind alone, it is not the rule's mistake.
 */
export function overriddenSession(
  fields: LoadBalancerValues,
  overrides: NonNullable<Rule['overrides']>,
): Session {
  const { session_affinity, session_affinity_ttl, session_affinity_attributes } = overrides;
  return {
    affinity: session_affinity ?? fields.session_affinity,
    ttl: session_affinity_ttl ?? null,
    attributes: { ...fields.session_affinity_attributes, ...session_affinity_attributes },
  };
}

/** The TTL that is in force and shown: its own, or that of its kind. Null when there are no sessions and none was set. */
export const ttlInForce = ({ affinity, ttl }: Session): number | null =>
  ttl ?? ttlRangeOf(affinity)?.initial ?? null;

/** What the kind of affinity does not allow, with `prefix` before the names of fields; null when nothing. */
export function affinityProblem(prefix: string, { affinity, ttl, attributes }: Session): string | null {
  const range = ttlRangeOf(affinity);
  if (range && ttl !== null && (ttl < range.minimum || ttl > range.maximum))
    return `${prefix}session_affinity_ttl is not in range [${range.minimum}, ${range.maximum}] of session_affinity "${affinity}"`;
  if (affinity !== 'header') return null;
  if (!attributes?.headers?.length)
    return `${prefix}session_affinity "header" needs at least one of session_affinity_attributes.headers`;
  return attributes.zero_downtime_failover === 'sticky'
    ? `${prefix}session_affinity "header" must not go with zero_downtime_failover "sticky"`
    : null;
}
