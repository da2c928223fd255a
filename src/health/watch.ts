import type { FailureReason, HealthBoard, HealthTransition, OriginHealth } from '../live/health-board.js';
import { UNKNOWN_HEALTH } from '../live/health-board.js';
import type { Way } from '../offramps/contract.js';
import { check } from './attempts.js';
import { CUT_OFF, judge, type Standing, UNJUDGED } from './judge.js';
import { failed, type ProbeMeans, type ProbeResult } from './probes/probe.js';
import { PROBES } from './probes/table.js';
import type { Job, Scheduler } from './scheduler.js';
import { isSameMonitor, type Target } from './targets.js';

/** The health of one origin in one pool, from its first probe until it is no longer probed. */
export interface Watch {
  readonly target: Target;
  /** Whether no result has come in since it started, or since its monitor changed. */
  readonly unseen: boolean;
  /** Calls back at the next result, or when the watch ends. */
  onceSeen(listener: () => void): void;
  /** Takes over the newest configuration. Only another monitor makes the origin unknown again, and probes it at once. */
  update(target: Target): void;
  /** The way to the origin may have changed: without one it is down at this moment, otherwise it is probed at once. */
  recheck(): void;
  end(): void;
}

export interface WatchParts {
  readonly board: HealthBoard;
  readonly scheduler: Scheduler;
  readonly means: ProbeMeans;
  readonly onTransition: (transition: HealthTransition) => void;
}

const REASON_OF_NO_WAY = {
  no_route: 'No route to host error',
  no_connection: 'Network Unreachable',
} as const satisfies Record<Extract<Way, { kind: 'none' }>['failure'], FailureReason>;

export function watchOrigin(first: Target, { board, scheduler, means, onTransition }: WatchParts): Watch {
  let target = first;
  let standing = UNJUDGED;
  let health = UNKNOWN_HEALTH;
  const listeners: (() => void)[] = [];
  let job = startJob();
  publish(UNKNOWN_HEALTH);

  function startJob(): Job {
    return scheduler.every(target.monitor.interval * 1_000, async (signal) => {
      const cutOff = withoutWay();
      const result = cutOff ?? (await check(PROBES[target.monitor.type], target, means, signal));
      if (!signal.aborted) record(result, cutOff ? CUT_OFF : judge(standing, result.passed, target.monitor));
    });
  }

  /** The verdict when there is no way to the origin: nothing is dialled, and one look is enough. */
  function withoutWay(): ProbeResult | undefined {
    const way = means.offramps.select(target.origin);
    return way.kind === 'none' ? failed(REASON_OF_NO_WAY[way.failure]) : undefined;
  }

  function record(result: ProbeResult, next: Standing): void {
    standing = next;
    publish({
      state: next.state,
      failureReason: reasonToShow(next, result),
      responseCode: result.responseCode,
      rttMs: result.rttMs ?? health.rttMs,
      checkedAt: means.clock.now(),
    });
    tellSeen();
  }

  function tellSeen(): void {
    for (const listener of listeners.splice(0)) listener();
  }

  /** A state shows its own reason while results to the contrary have not turned it yet. */
  function reasonToShow({ state }: Standing, { passed, reason }: ProbeResult): FailureReason {
    if (state === 'healthy') return 'No failures';
    return passed ? health.failureReason : reason;
  }

  function publish(next: OriginHealth): void {
    const from = health.state;
    health = next;
    const { poolId, poolName, origin } = target;
    board.set(poolId, origin.key, next);
    if (from === next.state) return;
    onTransition({
      poolId,
      poolName,
      originKey: origin.key,
      originName: origin.name,
      address: origin.address,
      from,
      to: next.state,
      failureReason: next.failureReason,
      at: means.clock.now(),
    });
  }

  return {
    get target() {
      return target;
    },
    get unseen() {
      return health.checkedAt === null;
    },
    onceSeen(listener) {
      listeners.push(listener);
    },
    update(next) {
      const same = isSameMonitor(target.monitor, next.monitor);
      target = next;
      if (same) return;
      job.end();
      standing = UNJUDGED;
      publish(UNKNOWN_HEALTH);
      job = startJob();
    },
    recheck() {
      const cutOff = withoutWay();
      if (!cutOff) return job.runNow();
      job.skip();
      record(cutOff, CUT_OFF);
    },
    end() {
      job.end();
      board.remove(target.poolId, target.origin.key);
      tellSeen();
    },
  };
}
