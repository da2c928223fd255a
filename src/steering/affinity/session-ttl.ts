import type { Affinity, LiveSettings } from '../../live/snapshot.js';

interface TtlRule {
  /** Seconds, as the others. */
  readonly fallback: number;
  readonly minimum: number;
  readonly maximum: number;
}

const COOKIE: TtlRule = { fallback: 82_800, minimum: 1_800, maximum: 604_800 };
const TTL_RULES = {
  none: COOKIE,
  cookie: COOKIE,
  ip_cookie: COOKIE,
  header: { fallback: 1_800, minimum: 30, maximum: 3_600 },
} satisfies Record<Affinity, TtlRule>;

/** The longest time that a session known by headers is kept without a request, in seconds. */
export const LONGEST_HEADER_TTL = TTL_RULES.header.maximum;

/**
 * Seconds that a session lasts: of a cookie from its beginning, of headers from the last request. A rule may change the
 * kind alone: a time that is out of the range of the new kind means its default.
 */
export function sessionTtl({
  affinity,
  affinityTtl,
}: Pick<LiveSettings, 'affinity' | 'affinityTtl'>): number {
  const { fallback, minimum, maximum } = TTL_RULES[affinity];
  if (affinityTtl === null || affinityTtl < minimum || affinityTtl > maximum) return fallback;
  return affinityTtl;
}
