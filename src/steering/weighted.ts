import type { LiveOrigin } from '../live/snapshot.js';
import { hashText } from './hash-text.js';

/** Origins that may be drawn by weight, with what every draw needs already computed. Never empty, never weight 0. */
export interface WeightedOrigins {
  readonly origins: readonly LiveOrigin[];
  /** Hash of each origin's key, for rendezvous hashing. */
  readonly keyHashes: Uint32Array;
  /** Vose's alias table: slot `i` is origin `i` with probability `keep[i]`, otherwise origin `alias[i]`. */
  readonly keep: Float64Array;
  readonly alias: Uint32Array;
}

/** The origins of `candidates` with a weight above 0, ready to draw from; null when there is none. */
export function weighOrigins(candidates: readonly LiveOrigin[]): WeightedOrigins | null {
  const origins = candidates.filter((origin) => origin.weight > 0);
  if (origins.length === 0) return null;
  return {
    origins,
    keyHashes: Uint32Array.from(origins, (origin) => hashText(origin.key)),
    ...aliasTable(origins.map((origin) => origin.weight)),
  };
}

/** Makes a weighted draw cost one random number and two array reads, whatever the number of weights. */
function aliasTable(weights: readonly number[]): Pick<WeightedOrigins, 'keep' | 'alias'> {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const keep = Float64Array.from(weights, (weight) => (weight * weights.length) / total);
  const alias = Uint32Array.from(weights, (_, index) => index);
  const poor = [...keep.keys()].filter((index) => keep[index]! < 1);
  const rich = [...keep.keys()].filter((index) => keep[index]! >= 1);
  while (poor.length > 0 && rich.length > 0) {
    const taker = poor.pop()!;
    const giver = rich.at(-1)!;
    alias[taker] = giver;
    keep[giver]! -= 1 - keep[taker]!;
    if (keep[giver]! < 1) poor.push(rich.pop()!);
  }
  // What rounding left over keeps its whole slot.
  for (const index of [...poor, ...rich]) keep[index] = 1;
  return { keep, alias };
}
