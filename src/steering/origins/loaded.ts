import type { LiveOrigin } from '../../live/snapshot.js';
import { createWeightTree } from '../weight-tree.js';
import type { OriginPicker } from './policy.js';

/**
 * A draw by weight / (1 + load): an idle origin among equals is twice as likely as one with a single request under way, and
 * none is ever left out. Cloudflare publishes no formula.
 */
export function loadedOrigins(
  origins: readonly LiveOrigin[],
  loadOf: (originKey: string) => number,
): OriginPicker {
  const share = ({ key, weight }: LiveOrigin) => weight / (1 + loadOf(key));
  const places = new Map(origins.map(({ key }, index) => [key, index]));
  const tree = createWeightTree(origins.map(share));
  return {
    pick({ random, excluded }) {
      const tried = excluded.flatMap((key) => places.get(key) ?? []);
      for (const index of tried) tree.set(index, 0);
      const origin = tree.total > 0 ? origins[tree.at(random())]! : null;
      for (const index of tried) tree.set(index, share(origins[index]!));
      return origin;
    },
    loadChanged(key) {
      const index = places.get(key);
      if (index !== undefined) tree.set(index, share(origins[index]!));
    },
  };
}
