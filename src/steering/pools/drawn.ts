import type { LiveRandomSteering } from '../../live/snapshot.js';

/** What a pool weighs in a draw, 0..1. */
export function poolWeight({ poolWeights, defaultWeight }: LiveRandomSteering, poolId: string): number {
  return poolWeights[poolId] ?? defaultWeight;
}

/**
 * The pools one after the other as they are drawn by weight, each once; then those of weight 0 in list order. Passing over
 * the ones that cannot serve leaves the others the shares that they would have without them. Uses up `weights`.
 */
export function* drawnOrder(
  pools: readonly string[],
  weights: number[],
  random: () => number,
): Generator<string> {
  const weightless = pools.filter((_, index) => weights[index] === 0);
  for (let left = pools.length - weightless.length; left > 0; left--) {
    const index = draw(weights, random());
    weights[index] = 0;
    yield pools[index]!;
  }
  yield* weightless;
}

/** Of weights that are not all 0. */
function draw(weights: readonly number[], share: number): number {
  let left = 0;
  for (const weight of weights) left += weight;
  left *= share;
  let chosen = 0;
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index]!;
    if (weight === 0) continue;
    // Rounding may leave a crumb after the last weight; it belongs to the last one that is not 0.
    chosen = index;
    left -= weight;
    if (left < 0) break;
  }
  return chosen;
}
