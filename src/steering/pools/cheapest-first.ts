/** The pools by ascending cost, equal ones in list order. Those of infinite cost come last, in list order. */
export function* cheapestFirst(
  pools: readonly string[],
  costOf: (poolId: string) => number,
): Generator<string> {
  if (pools.length === 0) return;
  const costs = pools.map(costOf);
  let first = 0;
  for (let index = 1; index < costs.length; index++) if (costs[index]! < costs[first]!) first = index;
  // Most requests end here and never pay for sorting the others.
  yield pools[first]!;
  const others = [...pools.keys()].filter((index) => index !== first);
  // Infinity less Infinity is not a number, which sorting takes for equal.
  others.sort((a, b) => costs[a]! - costs[b]!);
  for (const index of others) yield pools[index]!;
}
