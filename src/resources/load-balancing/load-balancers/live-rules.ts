import type { LiveFixedResponse, LivePoolSet, LiveRule } from '../../../live/snapshot.js';
import type { LoadBalancerValues } from './fields.js';
import { poolSettings, ruleSettings } from './live-settings.js';
import type { PoolSet } from './pool-set-schema.js';
import type { Rule } from './rule-schema.js';

/** The enabled rules by priority; those of the same priority, as when none has any, in the order of the list. */
export function liveRules(fields: LoadBalancerValues): LiveRule[] {
  return fields.rules
    .map((rule, index) => ({ rule, name: rule.name || `rules[${index}]` }))
    .filter(({ rule }) => !rule.disabled)
    .sort((a, b) => a.rule.priority - b.rule.priority)
    .map(({ rule, name }) => ({
      name,
      condition: rule.condition ?? '',
      // A rule with a fixed response leaves nothing to evaluate.
      terminates: rule.fixed_response !== undefined || (rule.terminates ?? false),
      fixedResponse: fixedResponse(rule.fixed_response),
      overrides: rule.overrides ? ruleSettings(rule.overrides, fields) : {},
    }));
}

/** The enabled pool sets in the order of the list. */
export function livePoolSets(fields: LoadBalancerValues): LivePoolSet[] {
  return fields.pool_sets
    .map((set, index) => ({ set, name: set.name || `pool_sets[${index}]` }))
    .filter(({ set }) => !set.disabled)
    .map(({ set, name }) => ({
      name,
      topology: topology(set),
      fixedResponse: fixedResponse(set.fixed_response),
      overrides: set.overrides ? { steeringPolicy: 'off', ...poolSettings(set.overrides) } : {},
    }));
}

/** Null takes every request: no match, or `default`. */
function topology({ match }: PoolSet): LivePoolSet['topology'] {
  const lists = match?.topology;
  if (!lists) return null;
  return {
    ...(lists.pops?.length ? { pops: lists.pops } : {}),
    ...(lists.countries?.length ? { countries: lists.countries } : {}),
    ...(lists.regions?.length ? { regions: lists.regions } : {}),
  };
}

function fixedResponse(
  response: Rule['fixed_response'] | PoolSet['fixed_response'],
): LiveFixedResponse | null {
  return response
    ? {
        status: response.status_code ?? 200,
        contentType: response.content_type ?? '',
        body: response.message_body ?? '',
        location: response.location ?? '',
      }
    : null;
}
