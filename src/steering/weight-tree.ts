/** Weights of which one changes at a time, to draw from: both cost the logarithm of their number. */
export interface WeightTree {
  readonly total: number;
  get(index: number): number;
  set(index: number, weight: number): void;
  /** The index at `share` (in [0, 1)) of the total; never one of weight 0. The total must be above 0. */
  at(share: number): number;
}

/** Each node is the exact sum of its two children, so that no rounding errors pile up over many changes. */
export function createWeightTree(weights: readonly number[]): WeightTree {
  let leaves = 1;
  while (leaves < weights.length) leaves *= 2;
  const sums = new Float64Array(2 * leaves);
  sums.set(weights, leaves);
  for (let node = leaves - 1; node > 0; node--) sums[node] = sums[2 * node]! + sums[2 * node + 1]!;

  return {
    get total() {
      return sums[1]!;
    },
    get: (index) => sums[leaves + index]!,
    set(index, weight) {
      let node = leaves + index;
      sums[node] = weight;
      for (node >>= 1; node > 0; node >>= 1) sums[node] = sums[2 * node]! + sums[2 * node + 1]!;
    },
    at(share) {
      let left = share * sums[1]!;
      let node = 1;
      while (node < leaves) {
        node *= 2;
        const below = sums[node]!;
        // Rounding may leave a crumb behind the last weight; it belongs to the last one that is not 0.
        if (left < below || sums[node + 1]! === 0) continue;
        left -= below;
        node += 1;
      }
      return node - leaves;
    },
  };
}
