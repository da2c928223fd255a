import type { LiveFixedResponse, LiveLoadBalancer, LiveSettings } from '../live/snapshot.js';
import { matchPoolSet } from './pool-sets.js';
import { mergeSettings } from './settings.js';
import type { Visit } from './visit.js';

/** What pool sets and rules make of a request. */
export interface Ruling {
  readonly settings: LiveSettings;
  /** The pool set that matched. */
  readonly poolSet: string | null;
  /** The rules that matched, in order. */
  readonly rules: readonly string[];
  /** One of them answers by itself. */
  readonly fixedResponse: LiveFixedResponse | null;
}

const NO_RULES: readonly string[] = [];

/** The first pool set that matches, then every rule that does, until one ends it. A fixed response ends everything. */
export function applyRules({ settings, poolSets }: LiveLoadBalancer, visit: Visit): Ruling {
  const set = poolSets.length === 0 ? undefined : matchPoolSet(poolSets, visit.place);
  const poolSet = set?.name ?? null;
  const merged = set ? mergeSettings(settings, set.overrides) : settings;
  return { settings: merged, poolSet, rules: NO_RULES, fixedResponse: set?.fixedResponse ?? null };
}
