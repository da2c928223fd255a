import type { IngressRule } from './configuration.js';
import { matchesHost, requestHost } from './hostname.js';

/** The index of the first rule from the top that takes a request; -1 only when there are none, since the last takes all. */
export function findRule(rules: readonly IngressRule[], authority: string, path: string): number {
  const host = requestHost(authority);
  return rules.findIndex((rule) => matchesHost(rule.host, host) && (rule.path?.matches(path) ?? true));
}
