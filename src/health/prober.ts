import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { Logger } from 'pino';
import type { HealthBoard, HealthState, HealthTransition, OriginHealth } from '../live/health-board.js';
import type { PoolHealthReport } from '../live/messages.js';
import type { SnapshotStore } from '../live/snapshot-store.js';
import { type Clock, systemClock } from '../net/clock.js';
import type { OffRamps, TunnelDialer } from '../offramps/contract.js';
import { reportPoolHealth } from './pool-health-report.js';
import { createPreviews, type Previews } from './previews.js';
import { coveredByChangedRoutes, dependingOnTunnel } from './private-origins.js';
import { createScheduler } from './scheduler.js';
import { affectedPools, type Target, targetsOf } from './targets.js';
import { type Watch, watchOrigin } from './watch.js';

export interface ProberOptions {
  readonly store: SnapshotStore;
  /** Written by the prober alone. */
  readonly board: HealthBoard;
  /** Created before the prober, so that it knows a route before the prober asks for it. */
  readonly offramps: OffRamps;
  readonly tunnels: Pick<TunnelDialer, 'onAvailability'>;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Probes under way at once; each holds one socket. */
  readonly maxInFlight?: number;
  /** Authorities in PEM that https probes trust besides the public ones. */
  readonly trustedAuthorities?: readonly string[];
}

export interface Prober {
  /** Called once for each change of an origin's state, after the board shows it. */
  onTransition(listener: (transition: HealthTransition) => void): void;
  poolHealth(poolId: string): PoolHealthReport;
  /**
   * Resolves when each origin whose probing the changes since the last call have started has its first result, or after
   * `limitMs`. Null when they have started none.
   */
  firstResults(limitMs: number): Promise<void> | null;
  readonly previews: Pick<Previews, 'start' | 'report'>;
  /** Cancels the probes under way and resolves when they have let go of their sockets. The board stays as it is. */
  stop(): Promise<void>;
}

/** Probes what the configuration asks for, from now on, and writes the verdicts on the board. */
export function createProber(options: ProberOptions): Prober {
  const { store, board, offramps, log, clock = systemClock } = options;
  const scheduler = createScheduler({ clock, maxInFlight: options.maxInFlight ?? 256 });
  const trust = trusting(options.trustedAuthorities ?? []);
  const means = { offramps, clock, trust };
  const previews = createPreviews({ store, means, clock });
  const parts = {
    board,
    scheduler,
    means,
    onTransition: announce,
    onFinding: mention,
  };
  /** By pool, then by origin key. */
  const pools = new Map<string, Map<string, Watch>>();
  /** Those in a virtual network. */
  const privateWatches = new Set<Watch>();
  /** Started since `firstResults` was last asked. */
  let started: Watch[] = [];
  const listeners: ((transition: HealthTransition) => void)[] = [];
  let stopped = false;

  function announce(transition: HealthTransition): void {
    const { poolId, poolName, originName, address, from, to, failureReason } = transition;
    log.info(
      { pool: poolName, poolId, origin: originName, address, from, to, reason: failureReason },
      'origin health changed',
    );
    for (const listener of listeners) listener(transition);
  }

  function mention(target: Target, monitorId: string, from: HealthState, found: OriginHealth): void {
    const { poolId, poolName, origin } = target;
    log.info(
      {
        pool: poolName,
        poolId,
        origin: origin.name,
        address: origin.address,
        monitorId,
        from,
        to: found.state,
        reason: found.failureReason,
      },
      'a monitor of a group has changed its mind about an origin',
    );
  }

  function reconcile(poolId: string): void {
    const targets = targetsOf(store.snapshot.pools.get(poolId), store.snapshot);
    const watches = pools.get(poolId) ?? new Map<string, Watch>();
    for (const [key, watch] of watches) {
      if (targets.has(key)) continue;
      watches.delete(key);
      privateWatches.delete(watch);
      watch.end();
    }
    for (const [key, target] of targets) {
      const known = watches.get(key);
      if (known) {
        known.update(target);
        if (known.unseen) started.push(known);
        continue;
      }
      const watch = watchOrigin(target, parts);
      watches.set(key, watch);
      started.push(watch);
      if (target.origin.virtualNetworkId !== null) privateWatches.add(watch);
    }
    if (watches.size > 0) pools.set(poolId, watches);
    else pools.delete(poolId);
  }

  for (const poolId of store.snapshot.pools.keys()) reconcile(poolId);
  store.onChange((changes, snapshot) => {
    if (stopped) return;
    for (const poolId of affectedPools(changes, snapshot)) reconcile(poolId);
    for (const watch of coveredByChangedRoutes(privateWatches, changes)) watch.recheck();
  });
  options.tunnels.onAvailability((tunnelId) => {
    if (stopped) return;
    for (const watch of dependingOnTunnel(privateWatches, tunnelId, offramps)) watch.recheck();
  });

  return {
    onTransition(listener) {
      listeners.push(listener);
    },
    poolHealth: (poolId) => reportPoolHealth(store.snapshot.pools.get(poolId), board),
    firstResults(limitMs) {
      const waiting = started.filter((watch) => watch.unseen);
      started = [];
      return waiting.length === 0 ? null : allSeen(waiting, limitMs, clock);
    },
    previews,
    async stop() {
      stopped = true;
      await Promise.all([scheduler.stop(), previews.stop()]);
    },
  };
}

function allSeen(watches: readonly Watch[], limitMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, resolve);
    let missing = watches.length;
    for (const watch of watches) {
      watch.onceSeen(() => {
        missing -= 1;
        if (missing > 0) return;
        cancel();
        resolve();
      });
    }
  });
}

/** Made once: reading the public authorities again for each probe would cost more than the probe. */
function trusting(authorities: readonly string[]): SecureContext {
  return createSecureContext(authorities.length === 0 ? {} : { ca: [...rootCertificates, ...authorities] });
}
