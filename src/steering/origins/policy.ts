import type { LoadView } from '../../live/load-board.js';
import type { LiveOrigin } from '../../live/snapshot.js';

/** Who asks for an origin. */
export interface OriginQuestion {
  /** Canonical text. */
  readonly clientIp: string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Origins that were tried in vain: by key, and few. */
  readonly excluded: readonly string[];
}

/** Chooses among origins that can all take the request, as often as they stay the same. */
export interface OriginPicker {
  /** Null when all are excluded. */
  pick(choice: OriginQuestion): LiveOrigin | null;
  /** What is under way to one of them has changed. */
  loadChanged?(originKey: string): void;
}

/**
 * A way to choose an origin of a pool: makes a picker for `origins`, of which there is at least one, each with a weight above
 * 0. What it needs for a fast choice it computes here, once.
 */
export type OriginPolicy = (origins: readonly LiveOrigin[], poolId: string, load: LoadView) => OriginPicker;
