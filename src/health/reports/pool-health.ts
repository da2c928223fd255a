import type {
  MonitorEvent,
  OriginHealthReport,
  PoolEvent,
  PoolHealthReport,
  RegionHealthReport,
} from '../../bridge/messages.js';
import { type Clock, realTime } from '../../net/clock.js';
import {
  type FailureReason,
  type HealthState,
  type HealthTransition,
  type HealthView,
  type OriginHealth,
  UNKNOWN_HEALTH,
} from '../../state/health-board.js';
import { isPoolHealthy } from '../../state/pool-health.js';
import type { LivePool } from '../../state/snapshot.js';
import type { SnapshotStore } from '../../state/snapshot-store.js';
import type { ProbedOrigin } from '../schedule/origin-checker.js';
import type { PlaceHealth } from '../verdict.js';

type OriginsAt = (region: string) => (originKey: string) => PlaceHealth | undefined;

/** What the API shows of a pool: its probed origins, and null for the whole while none of them has had a result. */
export function reportPoolHealth(
  pool: LivePool | undefined,
  view: HealthView,
  originsAt: OriginsAt,
): PoolHealthReport {
  if (!pool) return { healthy: null, origins: [], regions: null };
  const healthOf = (key: string) => view.origin(pool.id, key);
  const checked = pool.origins.some(({ key }) => (healthOf(key)?.checkedAt ?? null) !== null);
  const regions = checked ? pool.checkRegions : null;
  return {
    healthy: checked ? isPoolHealthy(pool, view) : null,
    origins: reportOrigins(pool, healthOf),
    regions: regions?.map((region) => reportRegion(pool, view, region, originsAt(region))) ?? null,
  };
}

function reportOrigins(
  pool: LivePool,
  healthOf: (originKey: string) => PlaceHealth | undefined,
): OriginHealthReport[] {
  return pool.origins.flatMap(({ key, address }) => {
    const health = healthOf(key);
    if (!health) return [];
    const { state, failureReason, failureDetail, responseCode, rttMs } = health;
    return [{ address, state, failureReason, failureDetail, responseCode, rttMs }];
  });
}

function reportRegion(
  pool: LivePool,
  view: HealthView,
  region: string,
  healthOf: (originKey: string) => PlaceHealth | undefined,
): RegionHealthReport {
  const origin = (_poolId: string, key: string): OriginHealth | undefined => {
    const health = healthOf(key);
    return health && { ...health, regions: null };
  };
  return {
    region,
    healthy: isPoolHealthy(pool, { version: view.version, versionOf: view.versionOf, origin }),
    origins: reportOrigins(pool, healthOf),
  };
}

interface PoolEvents {
  record(transition: HealthTransition): void;
  /** Emits what is still being collected. */
  flush(): void;
}

interface Changes {
  /** By origin key: the states before the window. */
  readonly before: Map<string, HealthState>;
  /** When the first of them changed, which is the time of the event: that the window is over depends on how busy the machine is. */
  readonly since: number;
}

/** A tunnel that goes takes a whole pool along: what happens to a pool within this time is one event. */
const WINDOW_MS = 250;
/** A longer list of origins would say what changed a thousand times over: then only those that changed are named. */
const MAX_ORIGINS = 100;

/** Makes events of the transitions of origins: one for each pool, with the pool and its origins as they are then. */
export function createPoolEvents(parts: {
  readonly store: SnapshotStore;
  readonly health: HealthView;
  readonly clock: Clock;
  /** Another one in tests. */
  readonly real?: Clock;
  readonly emit: (event: PoolEvent) => void;
}): PoolEvents {
  const { store, health, clock, real = realTime, emit } = parts;
  const pending = new Map<string, Changes>();
  let cancels: (() => void)[] = [];

  function flush(): void {
    for (const cancel of cancels.splice(0)) cancel();
    for (const [poolId, { before, since }] of pending) {
      const pool = store.snapshot.pools.get(poolId);
      const event = pool && eventOf(pool, before, health, since);
      if (event) emit(event);
    }
    pending.clear();
  }

  return {
    record({ poolId, originKey, from }) {
      // A clock that stands still holds nothing up, and one that is advanced tells one change from the next.
      if (pending.size === 0) cancels = [clock, real].map((one) => one.after(WINDOW_MS, flush));
      const changes = pending.get(poolId) ?? { before: new Map(), since: clock.now() };
      pending.set(poolId, changes);
      if (!changes.before.has(originKey)) changes.before.set(originKey, from);
    },
    flush,
  };
}

/** Undefined when every origin is back where it was, or only waits for a result. */
function eventOf(
  pool: LivePool,
  before: ReadonlyMap<string, HealthState>,
  health: HealthView,
  at: number,
): PoolEvent | undefined {
  const origins = pool.origins.map(({ key, name, address, ip, enabled }) => {
    const { state, failureReason } = health.origin(pool.id, key) ?? UNKNOWN_HEALTH;
    const changed = state !== 'unknown' && state !== (before.get(key) ?? state);
    return { name, address, ip, enabled, healthy: state === 'healthy', changed, failureReason };
  });
  const changedOrigins = origins.filter(({ changed }) => changed);
  if (changedOrigins.length === 0) return undefined;
  const healthy = isPoolHealthy(pool, health);
  return {
    accountId: pool.accountId,
    poolId: pool.id,
    poolName: pool.name,
    at,
    healthy,
    changed: healthy !== isPoolHealthy(pool, asBefore(pool.id, before, health)),
    minimumOrigins: pool.minimumOrigins,
    origins: origins.length > MAX_ORIGINS ? changedOrigins.slice(0, MAX_ORIGINS) : origins,
    notifications: pool.notifications,
  };
}

function asBefore(poolId: string, before: ReadonlyMap<string, HealthState>, health: HealthView): HealthView {
  return {
    version: health.version,
    versionOf: health.versionOf,
    origin(id, key) {
      const now = health.origin(id, key);
      const state = id === poolId ? before.get(key) : undefined;
      return state === undefined ? now : { ...(now ?? UNKNOWN_HEALTH), state };
    },
  };
}

/** What one monitor of a group has come to find. */
export interface MonitorFinding {
  readonly target: ProbedOrigin;
  readonly monitorId: string;
  readonly from: HealthState;
  readonly to: HealthState;
  readonly failureReason: FailureReason;
  /** Unix milliseconds. */
  readonly at: number;
}

/** What is told of a finding; undefined unless the monitor only monitors: what the others find shows in the pool's events. */
export function monitorEventOf(
  finding: MonitorFinding,
  pool: LivePool | undefined,
): MonitorEvent | undefined {
  const { target, monitorId, to, failureReason, at } = finding;
  const found = target.monitors.find(({ monitor }) => monitor.id === monitorId);
  if (!pool || !found?.monitoringOnly || to === 'unknown') return undefined;
  return {
    accountId: pool.accountId,
    poolId: pool.id,
    poolName: pool.name,
    monitorId,
    originName: target.origin.name,
    address: target.origin.address,
    healthy: to === 'healthy',
    failureReason,
    at,
    notifications: pool.notifications,
  };
}
