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
