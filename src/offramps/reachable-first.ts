import type { HealthView } from '../live/health-board.js';
import type { LivePool } from '../live/snapshot.js';
import type { OffRamps } from './contract.js';

/** The tunnels that are on their way back after a start. */
export interface Awaiting {
  readonly size: number;
  /** Grows whenever one of them is back, or given up. */
  readonly released: number;
}

/**
 * The health by which traffic is steered: what is on the board, but an origin whose tunnel is on its way back counts as unknown. What
 * can be reached at once is taken then, and only who has nothing else waits for the tunnel.
 */
export function reachableFirst(
  board: HealthView,
  pools: { get(id: string): LivePool | undefined },
  offramps: Pick<OffRamps, 'select'>,
  awaiting: Awaiting,
): HealthView {
  function isAwaited(poolId: string, originKey: string): boolean {
    const origin = pools.get(poolId)?.origins.find(({ key }) => key === originKey);
    const way = origin && offramps.select(origin);
    return way?.kind === 'none' && way.awaitedTunnel !== undefined;
  }
  return {
    get version() {
      return board.version + awaiting.released;
    },
    versionOf: (poolId) => board.versionOf(poolId) + awaiting.released,
    origin(poolId, originKey) {
      const health = board.origin(poolId, originKey);
      if (!health || awaiting.size === 0 || !isAwaited(poolId, originKey)) return health;
      return { ...health, state: 'unknown', regions: null };
    },
  };
}
