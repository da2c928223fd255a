import type { HealthBoard } from '../state/health-board.js';

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

/** Tells each listener of an origin once for each time that the origin turns unhealthy, soon but not at once. */
export function createDownVerdicts(health: Pick<HealthBoard, 'onDown'>): DownVerdicts {
  /** By pool and origin; never holds an empty map or set. */
  const followers = new Map<string, Map<string, Set<DownListener>>>();
  const of = (poolId: string, originKey: string) => followers.get(poolId)?.get(originKey);

  health.onDown((poolId, originKey) => {
    const concerned = of(poolId, originKey);
    if (concerned) tell(poolId, originKey, [...concerned], 0);
  });

  function tell(poolId: string, originKey: string, listeners: readonly DownListener[], from: number): void {
    setImmediate(() => {
      const end = from + LISTENERS_PER_TURN;
      for (const listener of listeners.slice(from, end))
        if (of(poolId, originKey)?.has(listener)) listener.originDown();
      if (end < listeners.length) tell(poolId, originKey, listeners, end);
    });
  }

  return {
    follow(poolId, originKey, listener) {
      let origins = followers.get(poolId);
      if (origins === undefined) {
        origins = new Map();
        followers.set(poolId, origins);
      }
      const known = origins.get(originKey);
      if (known) known.add(listener);
      else origins.set(originKey, new Set([listener]));
    },
    unfollow(poolId, originKey, listener) {
      const origins = followers.get(poolId);
      const known = origins?.get(originKey);
      if (!known?.delete(listener) || known.size > 0) return;
      origins!.delete(originKey);
      if (origins!.size === 0) followers.delete(poolId);
    },
  };
}
