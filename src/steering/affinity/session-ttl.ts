import { AFFINITY_TTL } from '../../domain/affinity-ttl.js';
import type { LiveSettings } from '../../live/snapshot.js';

/** The longest time that a session known by headers is kept without a request, in seconds. */
export const LONGEST_HEADER_TTL = AFFINITY_TTL.header.maximum;

/**
 * Seconds that a session lasts: of a cookie from its beginning, of headers from the last request. A rule may change the
 * kind alone: a time that is out of the range of the new kind means its default.
 */
export function sessionTtl({
  affinity,
  affinityTtl,
}: Pick<LiveSettings, 'affinity' | 'affinityTtl'>): number {
  const { initial, minimum, maximum } = AFFINITY_TTL[affinity === 'none' ? 'cookie' : affinity];
  if (affinityTtl === null || affinityTtl < minimum || affinityTtl > maximum) return initial;
  return affinityTtl;
}
