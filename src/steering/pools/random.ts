import type { LivePool, LiveSettings } from '../../live/snapshot.js';

/**
 * A weighted draw over the pools that can take the request; the weight of a pool is `poolWeights[id]`, else
 * `defaultWeight`. A weight of 0 is never drawn; when all are 0 the list order decides.
 */
export function pickRandomPool(
  available: readonly LivePool[],
  { randomSteering: { poolWeights, defaultWeight } }: LiveSettings,
  random: () => number,
): LivePool {
  const weightOf = (pool: LivePool) => poolWeights[pool.id] ?? defaultWeight;
  let total = 0;
  for (const pool of available) total += weightOf(pool);
  let left = random() * total;
  let chosen = available[0]!;
  for (const pool of available) {
    const weight = weightOf(pool);
    if (weight === 0) continue;
    // Rounding may leave a crumb after the last pool; it belongs to the last one that has a weight.
    chosen = pool;
    left -= weight;
    if (left < 0) break;
  }
  return chosen;
}
