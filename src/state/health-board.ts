import { type Clock, realTime } from '../net/clock.js';

/** The verdicts of the health checks, as steering reads them. Lives in the data plane; the prober writes it. */

export type HealthState = 'unknown' | 'healthy' | 'unhealthy';

/** Why an origin is down, in the vocabulary of the API's `failure_reason`. */
export const FAILURES = [
  'TCP connection failed',
  'TCP Timeout',
  'HTTP timeout occurred',
  'Response code mismatch error',
  'Response body mismatch error',
  'TLS untrusted certificate error',
  'TLS name mismatch error',
  'TLS protocol error',
  'TLS unrecognized name error',
  'TLS Handshake Failure',
  'No route to host error',
  'Network Unreachable',
  'HTTP Invalid Response',
  'DNS Unknown Host',
  'DNS Internal',
  'Connection Reset by Peer',
  'Monitor Config Error',
  'Other Failure',
] as const;

export type VerdictFailure = (typeof FAILURES)[number];

/** `No failures` is what a healthy origin shows. */
export type FailureReason = 'No failures' | VerdictFailure;

export interface OriginHealth {
  readonly state: HealthState;
  readonly failureReason: FailureReason;
  /** What the check found out in words, such as which connector could not reach it; null when the reason says it all. */
  readonly failureDetail: string | null;
  /** 0 when the last probe had no HTTP answer. */
  readonly responseCode: number;
  /** Milliseconds of the last probe that got an answer; null before the first. */
  readonly rttMs: number | null;
  /** The round trips so far, the newest counting most (EWMA), in milliseconds; null before the first. */
  readonly latencyMs: number | null;
  /** What each region finds by itself, for a pool that regions check; null otherwise. `state` is what most of them find. */
  readonly regions: ReadonlyMap<string, HealthState> | null;
  /** Unix milliseconds of the last probe; null before the first. */
  readonly checkedAt: number | null;
}

export interface HealthTransition {
  readonly poolId: string;
  readonly poolName: string;
  readonly originKey: string;
  readonly originName: string;
  readonly address: string;
  readonly from: HealthState;
  readonly to: HealthState;
  readonly failureReason: FailureReason;
  readonly failureDetail: string | null;
  /** Unix milliseconds. */
  readonly at: number;
}

/** The reading side: all that steering, the proxy and the API get. */
export interface HealthView {
  /** Undefined when nobody probes this origin (no monitor, disabled, or unknown to the prober). */
  origin(poolId: string, originKey: string): OriginHealth | undefined;
  /** Grows with every change of a state, of whatever origin. */
  readonly version: number;
  /** Grows with every change that steering could notice in this pool: "may what was derived from it still be used?". */
  versionOf(poolId: string): number;
}

export interface HealthBoard extends HealthView {
  set(poolId: string, originKey: string, health: OriginHealth): void;
  remove(poolId: string, originKey: string): void;
  /** Called when the board shows an origin as unhealthy that it did not show so before. */
  onDown(listener: (poolId: string, originKey: string) => void): void;
  /** Called when the state or the failure reason of an origin is another one, or the origin is gone. */
  onShown(listener: (poolId: string, originKey: string) => void): void;
}

export const UNKNOWN_HEALTH: OriginHealth = {
  state: 'unknown',
  failureReason: 'No failures',
  failureDetail: null,
  responseCode: 0,
  rttMs: null,
  latencyMs: null,
  regions: null,
  checkedAt: null,
};

interface PoolRecord {
  readonly origins: Map<string, OriginHealth>;
  version: number;
}

export function createHealthBoard(): HealthBoard {
  const pools = new Map<string, PoolRecord>();
  const downListeners: ((poolId: string, originKey: string) => void)[] = [];
  const shownListeners: ((poolId: string, originKey: string) => void)[] = [];
  let version = 0;
  /** When a pool was forgotten last: that of each pool that is not there, so that no pool's version ever falls. */
  let forgottenAt = 0;

  // One count for all: a pool that is forgotten and comes back never shows an old version again.
  const turn = (pool: PoolRecord) => {
    version += 1;
    pool.version = version;
  };

  return {
    get version() {
      return version;
    },
    versionOf: (poolId) => pools.get(poolId)?.version ?? forgottenAt,
    origin: (poolId, originKey) => pools.get(poolId)?.origins.get(originKey),
    set(poolId, originKey, health) {
      const pool = pools.get(poolId) ?? { origins: new Map<string, OriginHealth>(), version: 0 };
      pools.set(poolId, pool);
      const before = pool.origins.get(originKey);
      if (before?.state !== health.state || !sameRegions(before.regions, health.regions)) turn(pool);
      pool.origins.set(originKey, health);
      if (before?.state !== health.state || before.failureReason !== health.failureReason)
        for (const listener of shownListeners) listener(poolId, originKey);
      if (health.state !== 'unhealthy' || before?.state === 'unhealthy') return;
      for (const listener of downListeners) listener(poolId, originKey);
    },
    remove(poolId, originKey) {
      const pool = pools.get(poolId);
      if (!pool?.origins.delete(originKey)) return;
      turn(pool);
      if (pool.origins.size === 0) {
        pools.delete(poolId);
        forgottenAt = version;
      }
      for (const listener of shownListeners) listener(poolId, originKey);
    },
    onDown: (listener) => void downListeners.push(listener),
    onShown: (listener) => void shownListeners.push(listener),
  };
}

function sameRegions(a: OriginHealth['regions'], b: OriginHealth['regions']): boolean {
  if (a === b) return true;
  if (a === null || b === null || a.size !== b.size) return false;
  for (const [region, state] of a) if (b.get(region) !== state) return false;
  return true;
}

/** The last verdict on an origin that was written down. */
export interface StoredHealth {
  readonly poolId: string;
  readonly originName: string;
  readonly address: string;
  readonly healthy: boolean;
  readonly failureReason: FailureReason;
}

/** The health board as the other thread knows it: one end reports what changes, the other keeps it. */

/** What answers of the API say of an origin. */
interface ShownHealth {
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

interface HealthReports {
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
