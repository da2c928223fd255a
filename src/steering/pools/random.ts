import type { LiveRandomSteering } from '../../live/snapshot.js';
import { aliasTable } from '../alias-table.js';
import { drawnOrder, poolWeight } from './drawn.js';
import { listedPools, type PoolPolicy } from './policy.js';

interface Drawing {
  readonly weights: readonly number[];
  /** Null when all weights are 0. */
  readonly first: ((random: () => number) => number) | null;
}

/** By the weights and then by the list, both of which a change of the configuration replaces. */
const drawings = new WeakMap<LiveRandomSteering, WeakMap<readonly string[], Drawing>>();

/**
 * A weighted draw over the pools that can take the request; the weight of a pool is `poolWeights[id]`, else
 * `defaultWeight`. A weight of 0 is drawn only when no other is left, and then the list order decides.
 */
export const random: PoolPolicy = {
  candidates: listedPools,
  *order(candidates, { settings, random }) {
    const { weights, first } = drawingOf(settings.randomSteering, candidates);
    if (first === null) {
      yield* candidates;
      return;
    }
    // Most requests need no more than the first draw, which costs the same for any number of pools.
    const index = first(random);
    yield candidates[index]!;
    yield* drawnOrder(candidates.toSpliced(index, 1), weights.toSpliced(index, 1), random);
  },
};

function drawingOf(steering: LiveRandomSteering, candidates: readonly string[]): Drawing {
  let lists = drawings.get(steering);
  if (!lists) {
    lists = new WeakMap();
    drawings.set(steering, lists);
  }
  let drawing = lists.get(candidates);
  if (!drawing) {
    const weights = candidates.map((id) => poolWeight(steering, id));
    drawing = { weights, first: weights.some((weight) => weight > 0) ? aliasTable(weights) : null };
    lists.set(candidates, drawing);
  }
  return drawing;
}
