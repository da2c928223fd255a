import type { SnapshotStore } from '../live/snapshot-store.js';
import type { Clock } from '../net/clock.js';
import type { OffRamps, TunnelDialer } from '../offramps/contract.js';
import { timeSliced } from './in-slices.js';
import {
  type ChangedNetworks,
  changedNetworks,
  covers,
  dependsOnTunnel,
  isBehindTunnel,
} from './private-origins.js';
import type { LastVerdicts } from './stored-health.js';
import { affectedPools, targetsOf } from './targets.js';
import { createOriginChecker, type OriginChecker, type OriginCheckerParts } from './watch.js';

export interface OriginCheckersOptions {
  readonly store: SnapshotStore;
  readonly offramps: OffRamps;
  readonly tunnels: Pick<TunnelDialer, 'onAvailability'>;
  readonly real: Clock;
  readonly lastVerdicts: LastVerdicts;
  readonly parts: OriginCheckerParts;
}

/** The checkers of all origins that the configuration has probed. */
export interface OriginCheckers {
  get(poolId: string, originKey: string): OriginChecker | undefined;
  all(): Iterable<OriginChecker>;
  /**
   * Resolves when each origin whose probing the changes since the last call have started has its first result, or after
   * `limitMs`. Null when they have started none.
   */
  settled(limitMs: number): Promise<void> | null;
  /** Follows nothing any more. The checkers stay as they are. */
  stop(): void;
}

/** Starting to check an origin costs about 10 µs: a big change of the configuration holds up traffic for 1 ms at a time. */
export const STEPS_PER_TURN = 64;
/** Looking at whether one is concerned costs far less. */
const LOOKS_PER_STEP = 16;

/**
 * Follows the configuration and the tunnels. What a big change asks for is time-sliced, by what the configuration is by
 * then; a small one is followed when `apply` returns.
 */
export function createOriginCheckers({
  store,
  offramps,
  tunnels,
  real,
  lastVerdicts,
  parts,
}: OriginCheckersOptions): OriginCheckers {
  /** By pool, then by origin key. */
  const pools = new Map<string, Map<string, OriginChecker>>();
  /** Those behind tunnels. */
  const privateCheckers = new Set<OriginChecker>();
  /** Started since the first results were last asked for. */
  let started: OriginChecker[] = [];
  /** Asked while there was something left to follow. */
  let waiters: ((started: readonly OriginChecker[]) => void)[] = [];

  const stalePools = new Set(store.snapshot.pools.keys());
  let stale: { readonly networks: ChangedNetworks; readonly tunnels: Set<string> } = nothingStale();
  const work = timeSliced(catchUp, STEPS_PER_TURN, () => {
    // The configuration of the start is followed.
    if (store.snapshot.revision > 0) lastVerdicts.forget();
    if (waiters.length === 0) return;
    const fresh = takeStarted();
    for (const tell of waiters.splice(0)) tell(fresh);
  });

  function* catchUp(): Generator<void> {
    while (stalePools.size > 0 || stale.networks.size > 0 || stale.tunnels.size > 0) {
      for (const poolId of stalePools) {
        stalePools.delete(poolId);
        yield* reconcile(poolId);
      }
      yield* recheck();
    }
  }

  function* reconcile(poolId: string): Generator<void> {
    const targets = targetsOf(store.snapshot.pools.get(poolId), store.snapshot);
    const checkers = pools.get(poolId) ?? new Map<string, OriginChecker>();
    pools.set(poolId, checkers);
    for (const [key, checker] of checkers) {
      if (targets.has(key)) continue;
      checkers.delete(key);
      privateCheckers.delete(checker);
      checker.end();
      yield;
    }
    for (const [key, target] of targets) {
      // It has changed once more in the meantime, and its turn comes again.
      if (stalePools.has(poolId)) return;
      const known = checkers.get(key);
      const checker = known ?? createOriginChecker(target, parts, lastVerdicts.take(poolId, target.origin));
      if (known) known.update(target);
      checkers.set(key, checker);
      if (checker.pending) started.push(checker);
      if (isBehindTunnel(target.origin)) privateCheckers.add(checker);
      yield;
    }
    if (checkers.size === 0) pools.delete(poolId);
    yield;
  }

  /** The ways to these may have changed. */
  function* recheck(): Generator<void> {
    const { networks, tunnels } = stale;
    if (networks.size === 0 && tunnels.size === 0) return;
    stale = nothingStale();
    let looks = 0;
    for (const checker of privateCheckers) {
      const concerned =
        covers(networks, checker.target.origin) || dependsOnTunnel(checker.target.origin, tunnels, offramps);
      if (concerned) checker.recheck();
      looks += 1;
      if (concerned || looks % LOOKS_PER_STEP === 0) yield;
    }
  }

  function takeStarted(): readonly OriginChecker[] {
    const fresh = started.filter((checker) => checker.pending);
    started = [];
    return fresh;
  }

  let stopped = false;
  work.start();
  store.onChange((changes, snapshot) => {
    if (stopped) return;
    for (const poolId of affectedPools(changes, snapshot)) stalePools.add(poolId);
    changedNetworks(changes, stale.networks);
    work.start();
  });
  tunnels.onAvailability((tunnelId) => {
    if (stopped) return;
    stale.tunnels.add(tunnelId);
    work.start();
  });

  return {
    get: (poolId, originKey) => pools.get(poolId)?.get(originKey),
    *all() {
      for (const checkers of pools.values()) yield* checkers.values();
    },
    settled(limitMs) {
      if (work.underWay) {
        return inTime(real, limitMs, (done) => {
          waiters = [...waiters, (fresh) => onceAllSettled(fresh, done)];
        });
      }
      const fresh = takeStarted();
      return fresh.length === 0 ? null : inTime(real, limitMs, (done) => onceAllSettled(fresh, done));
    },
    stop() {
      stopped = true;
      work.stop();
    },
  };
}

function nothingStale() {
  return { networks: new Map() as ChangedNetworks, tunnels: new Set<string>() };
}

/** Resolves when `work` says that it is done, or after `limitMs`. */
function inTime(real: Clock, limitMs: number, work: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const cancel = real.after(limitMs, resolve);
    work(() => {
      cancel();
      resolve();
    });
  });
}

function onceAllSettled(checkers: readonly OriginChecker[], done: () => void): void {
  const pending = checkers.filter((checker) => checker.pending);
  let missing = pending.length;
  if (missing === 0) done();
  for (const checker of pending) {
    checker.onceSettled(() => {
      missing -= 1;
      if (missing === 0) done();
    });
  }
}
