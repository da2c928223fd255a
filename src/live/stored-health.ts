import type { FailureReason } from './health-board.js';

/** The last verdict on an origin that was written down. */
export interface StoredHealth {
  readonly poolId: string;
  readonly originName: string;
  readonly address: string;
  readonly healthy: boolean;
  readonly failureReason: FailureReason;
}
