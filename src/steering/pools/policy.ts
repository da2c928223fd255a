import type { LoadView } from '../../live/load-board.js';
import type { LivePool, LiveSettings } from '../../live/snapshot.js';
import type { Place } from '../../net/place.js';

/** What pools are put in order by. */
export interface PoolChoice {
  readonly settings: LiveSettings;
  readonly place: Place;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly load: LoadView;
  /** Undefined when there is no such pool. */
  pool(id: string): LivePool | undefined;
  /** Milliseconds of a round trip to the pool; null while nobody has measured it. */
  latency(id: string): number | null;
}

export interface PoolPolicy {
  /** The pools that take part in a request from this place, as the configuration has them. */
  candidates(settings: LiveSettings, place: Place): readonly string[];
  /**
   * The same pools in the order in which they are asked whether they can take the request. Whoever asks may stop at the
   * first: what comes later is best not computed before it is asked for.
   */
  order(candidates: readonly string[], choice: PoolChoice): Iterable<string>;
}

/** The pools of most policies: the same everywhere. */
export const listedPools: PoolPolicy['candidates'] = (settings) => settings.pools ?? settings.defaultPools;
