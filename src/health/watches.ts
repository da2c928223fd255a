import type { SnapshotStore } from '../live/snapshot-store.js';
import type { Clock } from '../net/clock.js';
import type { OffRamps, TunnelDialer } from '../offramps/contract.js';
import { inSlices } from './in-slices.js';
import {
  type ChangedNetworks,
  changedNetworks,
  covers,
  dependsOnTunnel,
  isBehindTunnel,
} from './private-origins.js';
import type { LastVerdicts } from './stored-health.js';
import { affectedPools, targetsOf } from './targets.js';
import { type Watch, type WatchParts, watchOrigin } from './watch.js';

export interface WatchesOptions {
  readonly store: SnapshotStore;
  readonly offramps: OffRamps;
  readonly tunnels: Pick<TunnelDialer, 'onAvailability'>;
  readonly real: Clock;
  readonly lastVerdicts: LastVerdicts;
  readonly parts: WatchParts;
}

/** The watches of all origins that the configuration has probed. */
export interface Watches {
  get(poolId: string, originKey: string): Watch | undefined;
  all(): Iterable<Watch>;
  /**
   * Resolves when each origin whose probing the changes since the last call have started has its first result, or after
   * `limitMs`. Null when they have started none.
   */
  firstResults(limitMs: number): Promise<void> | null;
  /** Follows nothing any more. The watches stay as they are. */
  stop(): void;
}

/** Starting to watch an origin costs about 10 µs: a big change of the configuration holds up traffic for 1 ms at a time. */
export const STEPS_PER_TURN = 64;
/** Looking at whether one is concerned costs far less. */
const LOOKS_PER_STEP = 16;

/**
 * Follows the configuration and the tunnels. What a big change asks for is done in slices, by what the configuration is by
 * then; a small one is followed when `apply` returns.
 */
export function createWatches({
  store,
  offramps,
  tunnels,
  real,
  lastVerdicts,
  parts,
}: WatchesOptions): Watches {
  /** By pool, then by origin key. */
  const pools = new Map<string, Map<string, Watch>>();
  /** Those behind tunnels. */
  const privateWatches = new Set<Watch>();
  /** Started since the first results were last asked for. */
  let started: Watch[] = [];
  /** Asked while there was something left to follow. */
  let waiters: ((started: readonly Watch[]) => void)[] = [];

  const stalePools = new Set(store.snapshot.pools.keys());
  let stale: { readonly networks: ChangedNetworks; readonly tunnels: Set<string> } = nothingStale();
  const work = inSlices(catchUp, STEPS_PER_TURN, () => {
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
    const watches = pools.get(poolId) ?? new Map<string, Watch>();
    pools.set(poolId, watches);
    for (const [key, watch] of watches) {
      if (targets.has(key)) continue;
      watches.delete(key);
      privateWatches.delete(watch);
      watch.end();
      yield;
    }
    for (const [key, target] of targets) {
      // It has changed once more in the meantime, and its turn comes again.
      if (stalePools.has(poolId)) return;
      const known = watches.get(key);
      const watch = known ?? watchOrigin(target, parts, lastVerdicts.take(poolId, target.origin));
      if (known) known.update(target);
      watches.set(key, watch);
      if (watch.unseen) started.push(watch);
      if (isBehindTunnel(target.origin)) privateWatches.add(watch);
      yield;
    }
    if (watches.size === 0) pools.delete(poolId);
    yield;
  }

  /** The ways to these may have changed. */
  function* recheck(): Generator<void> {
    const { networks, tunnels } = stale;
    if (networks.size === 0 && tunnels.size === 0) return;
    stale = nothingStale();
    let looks = 0;
    for (const watch of privateWatches) {
      const concerned =
        covers(networks, watch.target.origin) || dependsOnTunnel(watch.target.origin, tunnels, offramps);
      if (concerned) watch.recheck();
      looks += 1;
      if (concerned || looks % LOOKS_PER_STEP === 0) yield;
    }
  }

  function takeStarted(): readonly Watch[] {
    const fresh = started.filter((watch) => watch.unseen);
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
      for (const watches of pools.values()) yield* watches.values();
    },
    firstResults(limitMs) {
      if (work.underWay) {
        return inTime(real, limitMs, (done) => {
          waiters = [...waiters, (fresh) => onceAllSeen(fresh, done)];
        });
      }
      const fresh = takeStarted();
      return fresh.length === 0 ? null : inTime(real, limitMs, (done) => onceAllSeen(fresh, done));
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

function onceAllSeen(watches: readonly Watch[], done: () => void): void {
  const unseen = watches.filter((watch) => watch.unseen);
  let missing = unseen.length;
  if (missing === 0) done();
  for (const watch of unseen) {
    watch.onceSeen(() => {
      missing -= 1;
      if (missing === 0) done();
    });
  }
}
