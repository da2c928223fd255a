import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { Logger } from 'pino';
import type { HealthFault } from '../bridge/faults.js';
import type { PoolHealthReport } from '../bridge/messages.js';
import { type Clock, realTime } from '../net/clock.js';
import type {
  FailureReason,
  HealthBoard,
  HealthState,
  HealthTransition,
  StoredHealth,
} from '../state/health-board.js';
import type { SnapshotStore } from '../state/snapshot-store.js';
import type { OffRamps, TunnelDialer } from '../tunnel/egress/contract.js';
import type { ProbeResult } from './probes/probe.js';
import { type MonitorFinding, reportPoolHealth } from './reports/pool-health.js';
import { createPreviews, type Previews } from './reports/previews.js';
import type { CheckPlace } from './schedule/monitor-checks.js';
import type { ProbedOrigin } from './schedule/origin-checker.js';
import { createOriginCheckers } from './schedule/origin-checkers.js';
import { createScheduler } from './schedule/scheduler.js';
import { createFaults, type PlaceHealth } from './verdict.js';

export interface ProberOptions {
  readonly store: SnapshotStore;
  /** Written by the prober alone. */
  readonly board: HealthBoard;
  /** Created before the prober, so that it knows a route before the prober asks for it. */
  readonly offramps: OffRamps;
  readonly tunnels: Pick<TunnelDialer, 'onAvailability'>;
  readonly log: Logger;
  /** What the last process has found: it stands until the first result. */
  readonly storedHealth?: readonly StoredHealth[];
  /** By which checks are due and dated; real time when absent. */
  readonly clock?: Clock;
  /** By which peers are timed: another one in tests. */
  readonly real?: Clock;
  /** Probes under way at once; each holds one socket. */
  readonly maxInFlight?: number;
  /** Called for each check that has ended, previews left out. */
  readonly onChecked?: (passed: boolean) => void;
  /** Authorities in PEM that https probes trust besides the public ones. */
  readonly trustedAuthorities?: readonly string[];
  /** Called each time that a place has applied a result with a fault. */
  readonly faultStruck?: (fault: HealthFault) => void;
}

export interface Prober {
  /** Called once for each change of an origin's state, after the board shows it. */
  onTransition(listener: (transition: HealthTransition) => void): void;
  /** Called once for each change of what one monitor of a group finds of an origin, whatever that counts for. */
  onFinding(listener: (finding: MonitorFinding) => void): void;
  poolHealth(poolId: string): PoolHealthReport;
  /**
   * Resolves when each origin whose probing the changes since the last call have started has its first result, or after
   * `limitMs`. Null when they have started none.
   */
  settled(limitMs: number): Promise<void> | null;
  /** What the checks are made to see. */
  readonly faults: {
    /** Takes these in place of those before; what they change has changed when it returns. */
    set(faults: readonly HealthFault[]): void;
  };
  readonly previews: Pick<Previews, 'start' | 'report' | 'clear'>;
  /** Cancels the probes under way and resolves when they have let go of their sockets. The board stays as it is. */
  stop(): Promise<void>;
}

/** Probes what the configuration asks for, from now on, and writes the verdicts on the board. */
export function createProber(options: ProberOptions): Prober {
  const { store, board, offramps, log, clock = realTime, real = realTime } = options;
  const scheduler = createScheduler({ clock, maxInFlight: options.maxInFlight ?? 1_024 });
  const trust = trusting(options.trustedAuthorities ?? []);
  const dependencies = { offramps, clock, real, trust };
  const previews = createPreviews({ store, dependencies, clock });
  const faults = createFaults(options.faultStruck);
  const parts = {
    board,
    scheduler,
    dependencies,
    faults,
    onTransition: emitTransition,
    onFinding: emitFinding,
    onChecked: ({ passed }: ProbeResult) => options.onChecked?.(passed),
  };
  const listeners: ((transition: HealthTransition) => void)[] = [];
  const findingListeners: ((finding: MonitorFinding) => void)[] = [];

  function emitTransition(transition: HealthTransition): void {
    const { poolId, poolName, originName, address, from, to, failureReason, failureDetail } = transition;
    log.info(
      {
        pool: poolName,
        poolId,
        origin: originName,
        address,
        from,
        to,
        ...whyOf(failureReason, failureDetail),
      },
      'origin health changed',
    );
    for (const listener of listeners) listener(transition);
  }

  function emitFinding(target: ProbedOrigin, monitorId: string, from: HealthState, found: PlaceHealth): void {
    const { poolId, poolName, origin } = target;
    const { name, address } = origin;
    const { state: to, failureReason, failureDetail } = found;
    log.info(
      {
        pool: poolName,
        poolId,
        origin: name,
        address,
        monitorId,
        from,
        to,
        ...whyOf(failureReason, failureDetail),
      },
      'a monitor of a group has changed its mind about an origin',
    );
    const at = clock.now();
    for (const listener of findingListeners) listener({ target, monitorId, from, to, failureReason, at });
  }

  const checkers = createOriginCheckers({
    store,
    offramps,
    tunnels: options.tunnels,
    real,
    storedHealth: options.storedHealth ?? [],
    parts,
  });

  function placeHealth(poolId: string, place: CheckPlace): (originKey: string) => PlaceHealth | undefined {
    return (originKey) => checkers.get(poolId, originKey)?.at(place);
  }

  return {
    onTransition(listener) {
      listeners.push(listener);
    },
    onFinding(listener) {
      findingListeners.push(listener);
    },
    poolHealth: (poolId) =>
      reportPoolHealth(store.snapshot.pools.get(poolId), board, (place) => placeHealth(poolId, place)),
    settled: checkers.settled,
    faults: {
      set(next) {
        const concerned = faults.replace(next);
        for (const checker of checkers.all()) if (concerned(checker.target.origin)) checker.reevaluate();
      },
    },
    previews,
    async stop() {
      checkers.stop();
      await Promise.all([scheduler.stop(), previews.stop()]);
    },
  };
}

const whyOf = (reason: FailureReason, detail: string | null) =>
  detail === null ? { reason } : { reason, detail };

/** Made once: reading the public authorities again for each probe would cost more than the probe. */
function trusting(authorities: readonly string[]): SecureContext {
  return createSecureContext(authorities.length === 0 ? {} : { ca: [...rootCertificates, ...authorities] });
}
