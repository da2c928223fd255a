import type { Clock } from '../net/clock.js';
import { realTime } from '../net/real-time.js';
import type { FailureReason, HealthBoard, HealthState } from './health-board.js';

/** The health board as the other thread knows it: one end reports what changes, the other keeps it. */

/** What answers of the API say of an origin. */
export interface ShownHealth {
  readonly state: HealthState;
  readonly failureReason: FailureReason;
}

export interface ShownChange {
  readonly poolId: string;
  readonly originKey: string;
  /** Null when nobody checks the origin any more. */
  readonly health: ShownHealth | null;
}

/** How long changes are gathered: a tunnel that goes takes thousands of origins along. */
const GATHER_MS = 20;

export interface HealthReports {
  /** Sends what has been gathered. */
  flush(): void;
}

/** Of the board's thread. Each origin is reported once for however many changes while they are gathered. */
export function createHealthReports(parts: {
  readonly board: HealthBoard;
  /** By which they are gathered: another one in tests. */
  readonly real?: Clock;
  readonly send: (changes: readonly ShownChange[]) => void;
}): HealthReports {
  const { board, real = realTime, send } = parts;
  /** By pool; no more than the board has had at a time. */
  const changed = new Map<string, Set<string>>();
  let cancel = () => {};

  function flush(): void {
    cancel();
    if (changed.size === 0) return;
    const changes = [...changed].flatMap(([poolId, keys]) => [...keys].map((key) => changeOf(poolId, key)));
    changed.clear();
    send(changes);
  }

  function changeOf(poolId: string, originKey: string): ShownChange {
    const health = board.origin(poolId, originKey);
    const shown = health ? { state: health.state, failureReason: health.failureReason } : null;
    return { poolId, originKey, health: shown };
  }

  board.onShown((poolId, originKey) => {
    if (changed.size === 0) cancel = real.after(GATHER_MS, flush);
    const keys = changed.get(poolId);
    if (keys) keys.add(originKey);
    else changed.set(poolId, new Set([originKey]));
  });
  return { flush };
}

export interface HealthTable {
  /** Undefined when nobody checks the origin. */
  origin(poolId: string, originKey: string): ShownHealth | undefined;
  /** Follows a report; gives the pools that look different now. */
  apply(changes: readonly ShownChange[]): ReadonlySet<string>;
}

/** Of the other thread. */
export function createHealthTable(): HealthTable {
  const pools = new Map<string, Map<string, ShownHealth>>();

  function applyOne({ poolId, originKey, health }: ShownChange): void {
    const origins = pools.get(poolId) ?? new Map<string, ShownHealth>();
    if (health) pools.set(poolId, origins.set(originKey, health));
    else if (origins.delete(originKey) && origins.size === 0) pools.delete(poolId);
  }

  return {
    origin: (poolId, originKey) => pools.get(poolId)?.get(originKey),
    apply(changes) {
      for (const change of changes) applyOne(change);
      return new Set(changes.map(({ poolId }) => poolId));
    },
  };
}
