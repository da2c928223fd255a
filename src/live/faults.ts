import type { VerdictFailure } from './health-board.js';

/** Something that health checks are made to see, so that a failure can be tried out without one. */
export interface Fault {
  /** The region that sees it; null is every place. */
  readonly region: string | null;
  /** Id of the pool that it is seen in; null is every pool. */
  readonly pool: string | null;
  /** Canonical IP address, or a host name in lower case, of the origin. */
  readonly address: string;
  /** The origin looks down, and this is why; null leaves its results as they are. */
  readonly reason: VerdictFailure | null;
  /** Milliseconds on top of each round trip. */
  readonly latencyMs: number;
}

export const MAX_FAULTS = 1_000;
