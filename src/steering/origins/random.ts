import { aliasTable } from '../alias-table.js';
import { createWeightTree } from '../weight-tree.js';
import type { OriginPolicy } from './policy.js';

/** Draws before those that are left are weighed anew: enough unless what was tried had nearly all the weight. */
const MAX_DRAWS = 8;

/** A weighted draw: each origin's share is its weight over the sum of the weights that take part. */
export const randomOrigins: OriginPolicy = (origins) => {
  const weights = origins.map(({ weight }) => weight);
  const draw = aliasTable(weights);
  return {
    pick({ random, excluded }) {
      // A draw that hits what was tried and is repeated leaves the shares of the others as they are.
      for (let i = 0; i < MAX_DRAWS; i++) {
        const origin = origins[draw(random)]!;
        if (!excluded.includes(origin.key)) return origin;
      }
      const left = createWeightTree(origins.map(({ key, weight }) => (excluded.includes(key) ? 0 : weight)));
      return left.total > 0 ? origins[left.at(random())]! : null;
    },
  };
};
