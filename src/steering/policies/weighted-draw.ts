/**
 * A weighted draw for the price of one random number and two array reads, whatever the number of weights (Vose's alias
 * method). At least one weight must be above 0; one of 0 is never drawn. `random` gives numbers in [0, 1).
 */
export function aliasTable(weights: readonly number[]): (random: () => number) => number {
  const { length } = weights;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Slot `i` is `i` itself with probability `keep[i]`, otherwise `alias[i]`.
  const keep = Float64Array.from(weights, (weight) => (weight * length) / total);
  const alias = Uint32Array.from(weights, (_, index) => index);
  const poor: number[] = [];
  const rich: number[] = [];
  for (let index = 0; index < length; index++) (keep[index]! < 1 ? poor : rich).push(index);
  while (poor.length > 0 && rich.length > 0) {
    const taker = poor.pop()!;
    const giver = rich.at(-1)!;
    alias[taker] = giver;
    keep[giver]! -= 1 - keep[taker]!;
    if (keep[giver]! < 1) poor.push(rich.pop()!);
  }
  // What rounding left over keeps its whole slot, unless it has no weight at all.
  const heaviest = weights.indexOf(Math.max(...weights));
  for (const index of [...poor, ...rich]) {
    if (weights[index]! > 0) keep[index] = 1;
    else alias[index] = heaviest;
  }
  return (random) => {
    const drawn = random() * length;
    const slot = Math.min(Math.floor(drawn), length - 1);
    return drawn - slot < keep[slot]! ? slot : alias[slot]!;
  };
}

/** Weights of which one changes at a time, to draw from: both cost the logarithm of their number. */
interface WeightTree {
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
        // Rounding may leave a remainder behind the last weight; it belongs to the last one that is not 0.
        if (left < below || sums[node + 1]! === 0) continue;
        left -= below;
        node += 1;
      }
      return node - leaves;
    },
  };
}
