import type { HealthFault } from '../../bridge/faults.js';
import type { LiveMonitor } from '../../state/snapshot.js';
import { checkOnce } from '../probes/check.js';
import type { ProbeDependencies, ProbeResult, ProbeTarget } from '../probes/probe.js';
import {
  aggregatePlaces,
  applyOutcome,
  type CheckHistory,
  type Faults,
  historyFrom,
  isSameFault,
  NEW_HISTORY,
  type Outcome,
  type PlaceHealth,
  reevaluated,
  sameStreak,
} from '../verdict.js';
import type { Scheduler } from './scheduler.js';

/** Who has a verdict of its own: a region that checks, or null for this place alone. */
export type CheckPlace = string | null;

/** The checks that one monitor makes of one origin, one each interval; every place applies the result of the same probe for itself. */
export interface MonitorChecks {
  readonly monitor: LiveMonitor;
  /** What the places find together so far. */
  readonly health: PlaceHealth;
  /** What one of them finds. */
  at(place: CheckPlace): PlaceHealth;
  /** Whether the place sees, or has lately seen, something else than the probes do. */
  differsAt(place: CheckPlace): boolean;
  /** Whether there was a result yet. */
  readonly checked: boolean;
  /** Faults or places may have changed: the last result counts once more for the places that see it otherwise now. */
  reevaluate(): void;
  /**
   * Takes over a monitor that asks origins for the same: verdicts stand, the streak of equal results so far is held against the new
   * thresholds, and the next check comes within the new interval. A check under way ends with the timeout that it began with.
   */
  retune(monitor: LiveMonitor): void;
  checkNow(): void;
  /** The way to the origin is gone: this result stands, of which `onResult` hears nothing; the next check comes in its turn. */
  cutOff(result: ProbeResult): void;
  end(): void;
}

export interface ChecksParts {
  readonly scheduler: Scheduler;
  readonly dependencies: ProbeDependencies;
  readonly faults: Pick<Faults, 'find' | 'struck'>;
  /** Called after a result has been applied; `before` is what the places found until then. */
  readonly onResult: (checks: MonitorChecks, before: PlaceHealth) => void;
  /** Called for each check that has ended with a result, whatever comes of it. */
  readonly onChecked?: ((result: ProbeResult) => void) | undefined;
}

interface CheckedOrigin extends Omit<ProbeTarget, 'monitor'> {
  /** At least one. */
  readonly places: readonly CheckPlace[];
}

/** Starts with a check at once, from `initial` when something is known already. `target` is asked at each check for what it is then. */
export function startChecks(
  target: () => CheckedOrigin,
  first: LiveMonitor,
  { scheduler, dependencies, faults, onResult, onChecked }: ChecksParts,
  initial?: PlaceHealth,
): MonitorChecks {
  let monitor = first;
  /** Of the places that see what the probes see. */
  let common = initial ? historyFrom(initial) : NEW_HISTORY;
  /** Of those that see, or have seen, a fault, until nothing is left of it. */
  const others = new Map<CheckPlace, CheckHistory>();
  let last: Outcome | undefined;
  let health = common.health;

  const job = scheduler.every(monitor.interval * 1_000, async (cancellation) => {
    const { poolId, origin } = target();
    const checked = await checkOnce({ poolId, origin, monitor }, dependencies, cancellation);
    if (cancellation.isCancelled || checked === null) return;
    const before = health;
    const { result, certain } = checked;
    onChecked?.(result);
    record({ result, certain, at: dependencies.clock.now() });
    onResult(checks, before);
  });

  function record(outcome: Outcome): void {
    last = outcome;
    const before = common;
    common = applyOutcome(common, outcome, monitor, null);
    updateOthers((place, fault) => {
      const history = others.get(place);
      if (fault) faults.struck(fault);
      return history || fault ? applyOutcome(history ?? before, outcome, monitor, fault) : undefined;
    });
  }

  function reevaluate(): void {
    updateOthers((place, fault) => {
      const history = others.get(place);
      if (!last || isSameFault(fault, history?.fault ?? null)) return history;
      if (fault) faults.struck(fault);
      return applyOutcome(history ?? common, last, monitor, fault);
    });
  }

  function retune(next: LiveMonitor): void {
    const { interval } = monitor;
    monitor = next;
    if (next.interval !== interval) job.reschedule(next.interval * 1_000);
    if (!last) return;
    const outcome = last;
    common = reevaluated(common, outcome, next);
    updateOthers((place) => {
      const history = others.get(place);
      return history && reevaluated(history, outcome, next);
    });
  }

  /** `updated` returns nothing for a place that sees what the probes see. */
  function updateOthers(
    updated: (place: CheckPlace, fault: HealthFault | null) => CheckHistory | undefined,
  ): void {
    const { places, poolId, origin } = target();
    for (const place of others.keys()) if (!places.includes(place)) others.delete(place);
    for (const place of places) {
      const history = updated(place, faults.find(poolId, origin, place));
      if (!history || (history.fault === null && sameStreak(history, common))) others.delete(place);
      else others.set(place, history);
    }
    health = others.size === 0 ? common.health : aggregatePlaces(places.map(at));
  }

  const at = (place: CheckPlace) => (others.get(place) ?? common).health;

  const checks: MonitorChecks = {
    get monitor() {
      return monitor;
    },
    get health() {
      return health;
    },
    get checked() {
      return last !== undefined;
    },
    at,
    differsAt: (place) => others.has(place),
    reevaluate,
    retune,
    checkNow: job.runNow,
    cutOff(result) {
      job.skip();
      record({ result, certain: true, at: dependencies.clock.now() });
    },
    end: job.end,
  };
  return checks;
}
