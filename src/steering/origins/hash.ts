import type { LiveOrigin } from '../../live/snapshot.js';
import { hashText, mixBits } from '../hash-text.js';
import type { WeightedOrigins } from '../weighted.js';

/**
 * Weighted rendezvous hashing: the same client keeps the same origin, shares follow the weights, and an origin that
 * leaves or joins moves only its own clients. Cloudflare publishes no formula; this choice has the published properties.
 */
export function pickHashedOrigin({ origins, keyHashes }: WeightedOrigins, clientIp: string): LiveOrigin {
  const client = hashText(clientIp);
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < origins.length; i++) {
    // Half a step above 0 and below 1, so that the logarithm is finite and never 0.
    const draw = (mixBits(client ^ keyHashes[i]!) + 0.5) / 2 ** 32;
    const score = -origins[i]!.weight / Math.log(draw);
    if (score > bestScore) {
      best = i;
      bestScore = score;
    }
  }
  return origins[best]!;
}
