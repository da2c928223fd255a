import { AWAIT_MS } from '../live/data-plane-options.js';
import type { Clock } from '../net/clock.js';

/**
 * The tunnels that were connected when the last process ended. Their connectors are on their way back, so for a moment nothing is
 * known of what is behind them: requests wait, and no verdict is given.
 */
export interface AwaitedTunnels {
  /** How many are awaited. */
  readonly size: number;
  /** How many are no longer. */
  readonly released: number;
  /** Whether the tunnel still has time to come back. */
  has(tunnelId: string): boolean;
  /**
   * Calls `retry` once, when the tunnel is back or has had its time. Returns what takes that back; null when nobody waits for this
   * tunnel, or too many do.
   */
  whenBack(tunnelId: string, retry: () => void): (() => void) | null;
  /** The time begins: connectors can register from now on. */
  begin(): void;
  /** The tunnel is back, or gone for good. */
  release(tunnelId: string): void;
}

/** What waits for all tunnels; each holds a client. More fail at once. */
const MAX_WAITING = 1_024;

export function createAwaitedTunnels(
  ids: readonly string[],
  clock: Clock,
  /** The tunnel has had its time, and has not come. */
  onGivenUp: (tunnelId: string) => void,
): AwaitedTunnels {
  const awaited = new Map(ids.map((id) => [id, new Set<() => void>()]));
  let waiting = 0;
  let released = 0;

  function release(tunnelId: string): void {
    const retries = awaited.get(tunnelId);
    if (awaited.delete(tunnelId)) released += 1;
    for (const retry of retries ?? []) {
      waiting -= 1;
      retry();
    }
  }

  return {
    get size() {
      return awaited.size;
    },
    get released() {
      return released;
    },
    has: (tunnelId) => awaited.has(tunnelId),
    whenBack(tunnelId, retry) {
      const retries = awaited.get(tunnelId);
      if (!retries || waiting >= MAX_WAITING) return null;
      waiting += 1;
      retries.add(retry);
      return () => {
        // Unless it has been called.
        if (awaited.get(tunnelId)?.delete(retry)) waiting -= 1;
      };
    },
    begin() {
      clock.after(AWAIT_MS, () => {
        for (const tunnelId of [...awaited.keys()]) {
          release(tunnelId);
          onGivenUp(tunnelId);
        }
      });
    },
    release,
  };
}
