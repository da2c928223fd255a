// What each origin policy would be as a plain scan over the origins: the peers that a decision of ours is compared with.
import { hashText, mixBits } from '../../dist/steering/policies/hashing.js';

/** Origins to draw from, as `(context) => origin`, by name of the policy. */
export const LINEAR = {
  random: (origins) => (context) => draw(origins, context, (origin) => origin.weight),
  /** Weighted rendezvous hashing: the exact one, which looks at every origin. */
  hash: (origins) => {
    const hashes = origins.map(({ key }) => hashText(key));
    return ({ clientIp }) => {
      const client = hashText(clientIp);
      let best = 0;
      let bestScore = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < origins.length; i++) {
        const score = -origins[i].weight / Math.log((mixBits(client ^ hashes[i]) + 0.5) / 2 ** 32);
        if (score > bestScore) {
          best = i;
          bestScore = score;
        }
      }
      return origins[best];
    };
  },
  least_outstanding_requests: (origins, load, poolId) => (context) =>
    draw(origins, context, ({ key, weight }) => weight / (1 + load.outstanding(poolId, key))),
  least_connections: (origins, load, poolId) => (context) =>
    draw(origins, context, ({ key, weight }) => weight / (1 + load.connections(poolId, key))),
};

function draw(origins, { random }, shareOf) {
  let total = 0;
  for (const origin of origins) total += shareOf(origin);
  let left = random() * total;
  for (const origin of origins) {
    left -= shareOf(origin);
    if (left < 0) return origin;
  }
  return origins.at(-1);
}
