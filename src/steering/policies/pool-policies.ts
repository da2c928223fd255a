import type { SteeringPolicy } from '../../domain/policies.js';
import type { Place } from '../../net/locations.js';
import type { LoadView } from '../../state/load-board.js';
import type { LivePoolMap, LiveRandomSteering, LiveSettings } from '../../state/snapshot.js';
import type { Column, PoolColumns } from '../pool-columns.js';
import { aliasTable } from './weighted-draw.js';

/** How the pools of a load balancer are put in order: a policy is its candidates and a function that orders them. */
interface PoolPolicy {
  /** The pools that take part in a request from this place, as the configuration has them. */
  candidates(settings: LiveSettings, place: Place): readonly string[];
  /**
   * The same pools in the order in which they are asked whether they can take the request. Whoever asks may stop at the
   * first: what comes later is best not computed before it is asked for.
   */
  readonly order: PoolOrder;
}

type PoolOrder = (candidates: readonly string[], choice: PoolChoice) => Iterable<string>;

/** What pools are put in order by. */
export interface PoolChoice {
  readonly settings: LiveSettings;
  readonly place: Place;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly load: LoadView;
  /** Unix milliseconds. */
  readonly now: number;
  readonly columns: PoolColumns;
}

/** Without a line for each policy that the API takes this does not compile. */
export const POOL_POLICIES: Readonly<Record<SteeringPolicy, PoolPolicy>> = {
  off: { candidates: listedPools, order: inListOrder },
  geo: { candidates: poolsOfPlace, order: inListOrder },
  random: { candidates: listedPools, order: randomly },
  dynamic_latency: { candidates: listedPools, order: fastestFirst },
  proximity: { candidates: listedPools, order: nearestFirst },
  least_outstanding_requests: { candidates: listedPools, order: byOutstandingRequests },
  least_connections: { candidates: listedPools, order: byConnections },
};

/** The pools of most policies: the same everywhere. */
function listedPools({ pools, defaultPools }: LiveSettings): readonly string[] {
  return pools ?? defaultPools;
}

/**
 * The pools of the place: of its data centre, else of its country, else of its region, else the default ones. The first
 * list there is is the whole list; an empty one is none.
 */
function poolsOfPlace(
  { pools, popPools, countryPools, regionPools, defaultPools }: LiveSettings,
  { pop, country, region }: Place,
): readonly string[] {
  return (
    pools ??
    listOf(popPools, pop) ??
    listOf(countryPools, country) ??
    listOf(regionPools, region) ??
    defaultPools
  );
}

function listOf(map: LivePoolMap, code: string): readonly string[] | undefined {
  const list = Object.hasOwn(map, code) ? map[code] : undefined;
  return list && list.length > 0 ? list : undefined;
}

/** Failover order: the first pool of the list that can take the request. */
function inListOrder(candidates: readonly string[]): readonly string[] {
  return candidates;
}

/**
 * A weighted draw over the pools that can take the request; the weight of a pool is `poolWeights[id]`, else
 * `defaultWeight`. A weight of 0 is drawn only when no other is left, and then the list order decides.
 */
function* randomly(
  candidates: readonly string[],
  { settings, random }: Pick<PoolChoice, 'settings' | 'random'>,
): Generator<string> {
  const { weights, first } = drawingOf(settings.randomSteering, candidates);
  if (first === null) {
    yield* candidates;
    return;
  }
  // Most requests need no more than the first draw, which costs the same for any number of pools.
  const index = first(random);
  yield candidates[index]!;
  yield* drawnOrder(candidates.toSpliced(index, 1), weights.toSpliced(index, 1), random);
}

/**
 * A draw by weight / (1 + requests under way to the pool), the weights those of random steering. Cloudflare publishes no
 * formula. Where nothing is counted, as in DNS, it is random steering.
 */
function byOutstandingRequests(candidates: readonly string[], choice: PoolChoice): Iterable<string> {
  return drawnByLoad(candidates, choice, (id) => choice.load.outstanding(id));
}

/** A draw by weight / (1 + connections open to the pool), otherwise as least_outstanding_requests. */
function byConnections(candidates: readonly string[], choice: PoolChoice): Iterable<string> {
  return drawnByLoad(candidates, choice, (id) => choice.load.connections(id));
}

function* drawnByLoad(
  candidates: readonly string[],
  { settings, random }: PoolChoice,
  loadOf: (poolId: string) => number,
): Generator<string> {
  const { weights, first } = drawingOf(settings.randomSteering, candidates);
  if (first === null) {
    yield* candidates;
    return;
  }
  const accepted = drawAccepted(first, random, (index) => 1 / (1 + loadOf(candidates[index]!)));
  if (accepted !== null) yield candidates[accepted]!;
  const others = [...candidates.keys()].filter((index) => index !== accepted);
  const loaded = others.map((index) => weights[index]! / (1 + loadOf(candidates[index]!)));
  yield* drawnOrder(
    others.map((index) => candidates[index]!),
    loaded,
    random,
  );
}

/** So many draws cost less than to weigh a long list. */
const MAX_REJECTED = 16;

/**
 * Draws by weight until a draw is accepted, each with its own chance: the result is drawn by weight times chance, without a look at all
 * the others (rejection sampling). Null when too many were rejected, which says nothing about the draws that may follow.
 */
function drawAccepted(
  drawByWeight: (random: () => number) => number,
  random: () => number,
  chanceOf: (index: number) => number,
): number | null {
  for (let turn = 0; turn < MAX_REJECTED; turn++) {
    const index = drawByWeight(random);
    const chance = chanceOf(index);
    if (chance === 1 || random() < chance) return index;
  }
  return null;
}

/** The fastest pool first, as health checks measure it. Those that nobody has measured come last, in failover order. */
function fastestFirst(candidates: readonly string[], { columns, now }: PoolChoice): Iterable<string> {
  return lowestFirst(candidates, columns.latencies(candidates, now));
}

/** The nearest pool first. Those without coordinates come last, in failover order; all do when the place has none. */
function nearestFirst(candidates: readonly string[], { place, columns }: PoolChoice): Iterable<string> {
  const { latitude, longitude } = place;
  if (latitude === null || longitude === null) return candidates;
  return lowestFirst(candidates, columns.distances(candidates, latitude, longitude));
}

/** The pools by ascending value, equal ones in list order: those of Infinity come last. */
function* lowestFirst(pools: readonly string[], { values, lowest }: Column): Generator<string> {
  if (pools.length === 0) return;
  // Most requests end here and never pay for sorting the others.
  yield pools[lowest]!;
  const others = [...pools.keys()].filter((index) => index !== lowest);
  // Infinity less Infinity is not a number, which sorting takes for equal.
  others.sort((a, b) => values[a]! - values[b]!);
  for (const index of others) yield pools[index]!;
}

/** What a pool weighs in a draw, 0..1. */
function poolWeight({ poolWeights, defaultWeight }: LiveRandomSteering, poolId: string): number {
  return poolWeights[poolId] ?? defaultWeight;
}

/**
 * The pools one after the other as they are drawn by weight, each once; then those of weight 0 in list order. Passing over
 * the ones that cannot serve leaves the others the shares that they would have without them. Uses up `weights`.
 */
function* drawnOrder(pools: readonly string[], weights: number[], random: () => number): Generator<string> {
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
    // Rounding may leave a remainder after the last weight; it belongs to the last one that is not 0.
    chosen = index;
    left -= weight;
    if (left < 0) break;
  }
  return chosen;
}

interface Drawing {
  readonly weights: readonly number[];
  /** Null when all weights are 0. */
  readonly first: ((random: () => number) => number) | null;
}

/** By the weights and then by the list, both of which a change of the configuration replaces. */
const drawings = new WeakMap<LiveRandomSteering, WeakMap<readonly string[], Drawing>>();

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
