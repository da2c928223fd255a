import type { SteeringPolicy } from '../domain/policies.js';
import { compileExpression, type Expression } from '../expressions/compile.js';
import type { Place } from '../net/locations.js';
import type {
  LiveFixedResponse,
  LiveLoadBalancer,
  LivePoolSet,
  LiveRule,
  LiveSettings,
} from '../state/snapshot.js';
import type { RequestContext } from './contract.js';

/** What pool sets and rules make of a request. */
interface Ruling {
  readonly settings: LiveSettings;
  /** The pool set that matched. */
  readonly poolSet: string | null;
  /** The rules that matched, in order. */
  readonly rules: readonly string[];
  /** One of them answers by itself. */
  readonly fixedResponse: LiveFixedResponse | null;
}

const NO_RULES: readonly string[] = [];

/**
 * The first pool set that matches, and on top of it every rule that does, until one ends it. A fixed response ends
 * everything. Conditions are about the request as it came, never about what an earlier rule has set.
 */
export function applyRules({ settings, poolSets, rules }: LiveLoadBalancer, context: RequestContext): Ruling {
  const set = poolSets.length === 0 ? undefined : matchPoolSet(poolSets, context.place);
  const poolSet = set?.name ?? null;
  let ruled = set ? mergeSettings(settings, set.overrides) : settings;
  if (set?.fixedResponse) {
    return { settings: ruled, poolSet, rules: NO_RULES, fixedResponse: set.fixedResponse };
  }
  if (rules.length === 0) return { settings: ruled, poolSet, rules: NO_RULES, fixedResponse: null };
  const matched: string[] = [];
  for (const rule of rules) {
    if (!conditionOf(rule).matches(context.facts())) continue;
    matched.push(rule.name);
    const { fixedResponse } = rule;
    if (fixedResponse) return { settings: ruled, poolSet, rules: matched, fixedResponse };
    ruled = mergeSettings(ruled, rule.overrides);
    if (rule.terminates) break;
  }
  return { settings: ruled, poolSet, rules: matched, fixedResponse: null };
}

/** Compiled on the first use, and kept for as long as the rule. */
const conditions = new WeakMap<LiveRule, Expression>();
const NEVER: Expression = { matches: () => false };

function conditionOf(rule: LiveRule): Expression {
  let condition = conditions.get(rule);
  if (condition === undefined) {
    condition = compiled(rule.condition);
    conditions.set(rule, condition);
  }
  return condition;
}

/** Conditions are checked when they are written. One that was stored before that, and is none, holds for no request. */
function compiled(text: string): Expression {
  try {
    return compileExpression(text);
  } catch {
    return NEVER;
  }
}

/** The first pool set that takes requests of this place; undefined when none does. */
function matchPoolSet(poolSets: readonly LivePoolSet[], place: Place): LivePoolSet | undefined {
  return poolSets.find(({ topology }) => topology === null || takes(topology, place));
}

/** Every list that is there must hold, each by one of its members. */
function takes(topology: NonNullable<LivePoolSet['topology']>, place: Place): boolean {
  const { pops, countries, regions } = topology;
  return (
    (pops === undefined || pops.includes(place.pop)) &&
    (countries === undefined || countries.includes(place.country)) &&
    (regions === undefined || regions.includes(place.region))
  );
}

/**
 * What a pool set or a rule sets, each field in place of the one before it. Whoever names pools by list or place means
 * these, so a flat list that an earlier one gave no longer counts.
 */
function mergeSettings(settings: LiveSettings, overrides: Partial<LiveSettings>): LiveSettings {
  const namesPools =
    overrides.defaultPools !== undefined ||
    overrides.regionPools !== undefined ||
    overrides.countryPools !== undefined ||
    overrides.popPools !== undefined;
  const pools = namesPools ? null : settings.pools;
  return { ...settings, pools, ...overrides };
}

/** The policy that counts: what was left open is `geo` when there are pools for places, otherwise `off`. */
export function policyInForce({
  steeringPolicy,
  regionPools,
  countryPools,
  popPools,
}: LiveSettings): SteeringPolicy {
  if (steeringPolicy !== '') return steeringPolicy;
  return hasEntry(popPools) || hasEntry(countryPools) || hasEntry(regionPools) ? 'geo' : 'off';
}

function hasEntry(map: object): boolean {
  for (const _ in map) return true;
  return false;
}
