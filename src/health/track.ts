import type { HealthFault } from '../live/faults.js';
import type { OriginHealth } from '../live/health-board.js';
import { withFault } from './faults.js';
import { CUT_OFF, judge, type Standing, type Thresholds, turnIfDue, UNJUDGED } from './judge.js';
import type { ProbeResult } from './probes/probe.js';

/** What one place finds of an origin. */
export type PlaceHealth = Omit<OriginHealth, 'regions'>;

/** What one place has found with one monitor so far. */
export interface Track {
  readonly standing: Standing;
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

export const NEW_TRACK: Track = { standing: UNJUDGED, health: UNCHECKED, fault: null };

type FailureToShow = Pick<PlaceHealth, 'failureReason' | 'failureDetail'>;
/** Goes on from a verdict that was found before. */
export function trackFrom(health: PlaceHealth): Track {
  return { standing: { state: health.state, passes: 0, failures: 0 }, health, fault: null };
}

/** So much of the smoothed round trip is the newest sample. */
const NEWEST_SHARE = 0.2;

/** One more outcome, as a place that sees `fault` finds it. */
export function advance(
  track: Track,
  outcome: Outcome,
  thresholds: Thresholds,
  fault: HealthFault | null,
): Track {
  const result = outcome.certain ? outcome.result : withFault(outcome.result, fault);
  const standing = outcome.certain ? CUT_OFF : judge(track.standing, result.passed, thresholds);
  const { rttMs, latencyMs } = track.health;
  return {
    standing,
    fault,
    health: {
      state: standing.state,
      ...failureToShow(standing, result, track.health),
      responseCode: result.responseCode,
      rttMs: result.rttMs ?? rttMs,
      latencyMs: smoothed(latencyMs, result.rttMs),
      checkedAt: outcome.at,
    },
  };
}

/** The same results under other thresholds; `last` is the newest of them. */
export function rejudged(track: Track, last: Outcome, thresholds: Thresholds): Track {
  const standing = turnIfDue(track.standing, thresholds);
  if (standing === track.standing) return track;
  const { state } = standing;
  const failure = failureToShow(standing, withFault(last.result, track.fault), track.health);
  return { ...track, standing, health: { ...track.health, state, ...failure } };
}

/** A state shows its own reason while results to the contrary have not turned it yet. */
function failureToShow(
  { state }: Standing,
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

/** Whether the next results will be judged alike from here on. */
export function standsLike(a: Track, b: Track): boolean {
  return (
    a.standing.state === b.standing.state &&
    a.standing.passes === b.standing.passes &&
    a.standing.failures === b.standing.failures
  );
}
