import type { LiveOrigin } from '../../live/snapshot.js';
import type { WeightedOrigins } from '../weighted.js';

/** A weighted draw: each origin's share is its weight over the sum of the weights that take part. */
export function pickRandomOrigin(
  { origins, keep, alias }: WeightedOrigins,
  _clientIp: string,
  random: () => number,
): LiveOrigin {
  const drawn = random() * origins.length;
  const slot = Math.min(Math.floor(drawn), origins.length - 1);
  return origins[drawn - slot < keep[slot]! ? slot : alias[slot]!]!;
}
