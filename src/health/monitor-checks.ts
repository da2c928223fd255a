import type { HealthFault } from '../live/faults.js';
import type { LiveMonitor } from '../live/snapshot.js';
import { checkOnce } from './check-once.js';
import { type Faults, isSameFault } from './faults.js';
import type { ProbeMeans, ProbeResult, ProbeTarget } from './probes/probe.js';
import { agree } from './quorum.js';
import type { Scheduler } from './scheduler.js';
import {
  advance,
  NEW_TRACK,
  type Outcome,
  type PlaceHealth,
  rejudged,
  standsLike,
  type Track,
  trackFrom,
} from './track.js';

/** Who judges: a region, or null for this place alone. */
export type JudgingPlace = string | null;

/** The checks that one monitor makes of one origin, one each interval; every place judges the same probe for itself. */
export interface MonitorChecks {
  readonly monitor: LiveMonitor;
  /** What the places find together so far. */
  readonly health: PlaceHealth;
  /** What one of them finds. */
  at(place: JudgingPlace): PlaceHealth;
  /** Whether the place sees, or has lately seen, something else than the probes do. */
  differsAt(place: JudgingPlace): boolean;
  /** Whether there was a result yet. */
  readonly checked: boolean;
  /** Faults or places may have changed: the last result counts once more for the places that see it otherwise now. */
  rejudge(): void;
  /**
   * Takes over a monitor that asks origins for the same: verdicts stand, the run of equal results so far is judged by the new
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
  readonly means: ProbeMeans;
  readonly faults: Pick<Faults, 'find' | 'struck'>;
  /** Called after a result has been judged; `before` is what the places found until then. */
  readonly onResult: (checks: MonitorChecks, before: PlaceHealth) => void;
  /** Called for each check that has ended with a result, whatever comes of it. */
  readonly onChecked?: ((result: ProbeResult) => void) | undefined;
}

export interface CheckedOrigin extends Omit<ProbeTarget, 'monitor'> {
  /** At least one. */
  readonly places: readonly JudgingPlace[];
}

/** Starts with a check at once, from `initial` when something is known already. `target` is asked at each check for what it is then. */
export function startChecks(
  target: () => CheckedOrigin,
  first: LiveMonitor,
  { scheduler, means, faults, onResult, onChecked }: ChecksParts,
  initial?: PlaceHealth,
): MonitorChecks {
  let monitor = first;
  /** Of the places that see what the probes see. */
  let common = initial ? trackFrom(initial) : NEW_TRACK;
  /** Of those that see, or have seen, a fault, until nothing is left of it. */
  const others = new Map<JudgingPlace, Track>();
  let last: Outcome | undefined;
  let health = common.health;

  const job = scheduler.every(monitor.interval * 1_000, async (signal) => {
    const checked = await checkOnce({ ...target(), monitor }, means, signal);
    if (signal.aborted || checked === null) return;
    const before = health;
    onChecked?.(checked.result);
    record({ ...checked, at: means.clock.now() });
    onResult(checks, before);
  });

  function record(outcome: Outcome): void {
    last = outcome;
    const before = common;
    common = advance(common, outcome, monitor, null);
    judgeOthers((place, fault) => {
      const track = others.get(place);
      if (fault) faults.struck(fault);
      return track || fault ? advance(track ?? before, outcome, monitor, fault) : undefined;
    });
  }

  function rejudge(): void {
    judgeOthers((place, fault) => {
      const track = others.get(place);
      if (!last || isSameFault(fault, track?.fault ?? null)) return track;
      if (fault) faults.struck(fault);
      return advance(track ?? common, last, monitor, fault);
    });
  }

  function retune(next: LiveMonitor): void {
    const { interval } = monitor;
    monitor = next;
    if (next.interval !== interval) job.reschedule(next.interval * 1_000);
    if (!last) return;
    const outcome = last;
    common = rejudged(common, outcome, next);
    judgeOthers((place) => {
      const track = others.get(place);
      return track && rejudged(track, outcome, next);
    });
  }

  /** `judged` answers nothing for a place that sees what the probes see. */
  function judgeOthers(judged: (place: JudgingPlace, fault: HealthFault | null) => Track | undefined): void {
    const { places, poolId, origin } = target();
    for (const place of others.keys()) if (!places.includes(place)) others.delete(place);
    for (const place of places) {
      const track = judged(place, faults.find(poolId, origin, place));
      if (!track || (track.fault === null && standsLike(track, common))) others.delete(place);
      else others.set(place, track);
    }
    health = others.size === 0 ? common.health : agree(places.map(at));
  }

  const at = (place: JudgingPlace) => (others.get(place) ?? common).health;

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
    rejudge,
    retune,
    checkNow: job.runNow,
    cutOff(result) {
      job.skip();
      record({ result, certain: true, at: means.clock.now() });
    },
    end: job.end,
  };
  return checks;
}
