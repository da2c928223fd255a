import type { HealthBoard } from '../live/health-board.js';

/** Somebody who waits for an origin, or uses it. */
export interface DownListener {
  /** Health checks have found the origin down. */
  originDown(): void;
}

/** Who must hear when health checks find an origin of a pool down, by that origin. */
export interface DownVerdicts {
  /** From now on, until `unfollow`. */
  follow(poolId: string, originKey: string, listener: DownListener): void;
  unfollow(poolId: string, originKey: string, listener: DownListener): void;
}

/** Moving a request costs about as much as a new one: between so many, everything else on the thread gets its turn. */
const LISTENERS_PER_TURN = 64;

const keyOf = (poolId: string, originKey: string) => `${poolId} ${originKey}`;

/** Tells each listener of an origin once for each time that the origin turns unhealthy, soon but not at once. */
export function createDownVerdicts(health: Pick<HealthBoard, 'onDown'>): DownVerdicts {
  /** Never holds an empty set. */
  const followers = new Map<string, Set<DownListener>>();

  health.onDown((poolId, originKey) => {
    const key = keyOf(poolId, originKey);
    const concerned = followers.get(key);
    if (concerned) tell(key, [...concerned], 0);
  });

  function tell(key: string, listeners: readonly DownListener[], from: number): void {
    setImmediate(() => {
      const end = from + LISTENERS_PER_TURN;
      for (const listener of listeners.slice(from, end))
        if (followers.get(key)?.has(listener)) listener.originDown();
      if (end < listeners.length) tell(key, listeners, end);
    });
  }

  return {
    follow(poolId, originKey, listener) {
      const key = keyOf(poolId, originKey);
      const known = followers.get(key);
      if (known) known.add(listener);
      else followers.set(key, new Set([listener]));
    },
    unfollow(poolId, originKey, listener) {
      const key = keyOf(poolId, originKey);
      const known = followers.get(key);
      if (known?.delete(listener) && known.size === 0) followers.delete(key);
    },
  };
}
