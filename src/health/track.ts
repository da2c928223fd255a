import type { HealthFault } from '../live/faults.js';
import type { OriginHealth } from '../live/health-board.js';
import { withFault } from './faults.js';
import {
  applyResult,
  applyThresholds,
  CUT_OFF,
  type HealthStreak,
  NO_STREAK,
  type Thresholds,
} from './judge.js';
import type { ProbeResult } from './probes/probe.js';

/** What one place finds of an origin. */
export type PlaceHealth = Omit<OriginHealth, 'regions'>;

/** What one place has found with one monitor so far. */
export interface CheckHistory {
  readonly streak: HealthStreak;
  readonly health: PlaceHealth;
  /** What the place was made to see with the last result. */
  readonly fault: HealthFault | null;
}

/** The result of a check, before any place has looked at it. */
export interface Outcome {
  readonly result: ProbeResult;
  /** There was no way to the origin: nothing was dialled, and no second opinion is needed. */
  readonly certain: boolean;
  /** Unix milliseconds. */
  readonly at: number;
}

export const UNCHECKED: PlaceHealth = {
  state: 'unknown',
  failureReason: 'No failures',
  failureDetail: null,
  responseCode: 0,
  rttMs: null,
  latencyMs: null,
  checkedAt: null,
};

export const NEW_HISTORY: CheckHistory = { streak: NO_STREAK, health: UNCHECKED, fault: null };

type FailureToShow = Pick<PlaceHealth, 'failureReason' | 'failureDetail'>;
/** Goes on from a verdict that was found before. */
export function historyFrom(health: PlaceHealth): CheckHistory {
  return { streak: { state: health.state, passes: 0, failures: 0 }, health, fault: null };
}

/** So much of the smoothed round trip is the newest sample. */
const NEWEST_SHARE = 0.2;

/** One more outcome, as a place that sees `fault` finds it. */
export function applyOutcome(
  history: CheckHistory,
  outcome: Outcome,
  thresholds: Thresholds,
  fault: HealthFault | null,
): CheckHistory {
  const result = outcome.certain ? outcome.result : withFault(outcome.result, fault);
  const streak = outcome.certain ? CUT_OFF : applyResult(history.streak, result.passed, thresholds);
  const { rttMs, latencyMs } = history.health;
  return {
    streak,
    fault,
    health: {
      state: streak.state,
      ...failureToShow(streak, result, history.health),
      responseCode: result.responseCode,
      rttMs: result.rttMs ?? rttMs,
      latencyMs: smoothed(latencyMs, result.rttMs),
      checkedAt: outcome.at,
    },
  };
}

/** The same results under other thresholds; `last` is the newest of them. */
export function reevaluated(history: CheckHistory, last: Outcome, thresholds: Thresholds): CheckHistory {
  const streak = applyThresholds(history.streak, thresholds);
  if (streak === history.streak) return history;
  const { state } = streak;
  const failure = failureToShow(streak, withFault(last.result, history.fault), history.health);
  return { ...history, streak, health: { ...history.health, state, ...failure } };
}

/** A state shows its own reason while results to the contrary have not turned it yet. */
function failureToShow(
  { state }: HealthStreak,
  { passed, reason, detail }: ProbeResult,
  last: FailureToShow,
): FailureToShow {
  if (state === 'healthy') return { failureReason: 'No failures', failureDetail: null };
  const { failureReason, failureDetail } = last;
  return passed ? { failureReason, failureDetail } : { failureReason: reason, failureDetail: detail };
}

/** The round trips so far, the newest counting a fifth; the first as it is. */
function smoothed(before: number | null, sample: number | null): number | null {
  if (before === null || sample === null) return sample ?? before;
  return before + NEWEST_SHARE * (sample - before);
}

/** Whether the next results will lead to the same states from here on. */
export function sameStreak(a: CheckHistory, b: CheckHistory): boolean {
  return (
    a.streak.state === b.streak.state &&
    a.streak.passes === b.streak.passes &&
    a.streak.failures === b.streak.failures
  );
}
