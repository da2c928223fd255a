import {
  type FailureReason,
  type HealthState,
  type OriginHealth,
  UNKNOWN_HEALTH,
} from '../live/health-board.js';
import type { LiveMonitor } from '../live/snapshot.js';
import { checkOnce } from './check-once.js';
import { CUT_OFF, judge, type Standing, UNJUDGED } from './judge.js';
import type { ProbeMeans, ProbeResult, ProbeTarget } from './probes/probe.js';
import type { Scheduler } from './scheduler.js';

/** The checks that one monitor makes of one origin, one each interval. */
export interface MonitorChecks {
  readonly monitor: LiveMonitor;
  /** What they have found so far. */
  readonly health: OriginHealth;
  checkNow(): void;
  /** The way to the origin is gone: this result stands, of which `onResult` hears nothing; the next check is an interval away. */
  cutOff(result: ProbeResult): void;
  end(): void;
}

export interface ChecksParts {
  readonly scheduler: Scheduler;
  readonly means: ProbeMeans;
  /** Called after `health` has taken over a result; `from` is the state before. */
  readonly onResult: (checks: MonitorChecks, from: HealthState) => void;
}

/** Starts with a check at once. `target` is asked at each check for what it is then. */
export function startChecks(
  target: () => Omit<ProbeTarget, 'monitor'>,
  monitor: LiveMonitor,
  { scheduler, means, onResult }: ChecksParts,
): MonitorChecks {
  let standing = UNJUDGED;
  let health = UNKNOWN_HEALTH;

  const job = scheduler.every(monitor.interval * 1_000, async (signal) => {
    const { result, certain } = await checkOnce({ ...target(), monitor }, means, signal);
    if (signal.aborted) return;
    const from = health.state;
    record(result, certain ? CUT_OFF : judge(standing, result.passed, monitor));
    onResult(checks, from);
  });

  function record(result: ProbeResult, next: Standing): void {
    standing = next;
    health = {
      state: next.state,
      failureReason: reasonToShow(next, result),
      responseCode: result.responseCode,
      rttMs: result.rttMs ?? health.rttMs,
      latencyMs: result.rttMs ?? health.latencyMs,
      regions: null,
      checkedAt: means.clock.now(),
    };
  }

  /** A state shows its own reason while results to the contrary have not turned it yet. */
  function reasonToShow({ state }: Standing, { passed, reason }: ProbeResult): FailureReason {
    if (state === 'healthy') return 'No failures';
    return passed ? health.failureReason : reason;
  }

  const checks: MonitorChecks = {
    monitor,
    get health() {
      return health;
    },
    checkNow: job.runNow,
    cutOff(result) {
      job.skip();
      record(result, CUT_OFF);
    },
    end: job.end,
  };
  return checks;
}
