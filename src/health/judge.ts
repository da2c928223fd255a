import type { HealthState } from '../live/health-board.js';

/** The standing of one origin: its state, and how many results in a row have spoken against it. */
export interface Standing {
  readonly state: HealthState;
  /** Passes in a row; always 0 while healthy. */
  readonly passes: number;
  /** Failures in a row; always 0 while unhealthy. */
  readonly failures: number;
}

export interface Thresholds {
  /** 0 behaves as 1. */
  readonly consecutiveUp: number;
  readonly consecutiveDown: number;
}

export const UNJUDGED: Standing = { state: 'unknown', passes: 0, failures: 0 };

const HEALTHY: Standing = { state: 'healthy', passes: 0, failures: 0 };

const UNHEALTHY: Standing = { state: 'unhealthy', passes: 0, failures: 0 };

/** The certain verdict, which needs no second opinion: there is no way to the origin. */
export const CUT_OFF = UNHEALTHY;

/** One more result. Only so many equal ones in a row as the thresholds ask for turn the state; an opposite one resets. */
export function judge(standing: Standing, passed: boolean, thresholds: Thresholds): Standing {
  const { state, passes, failures } = standing;
  if (passed) {
    return state === 'healthy' ? HEALTHY : turnIfDue({ state, passes: passes + 1, failures: 0 }, thresholds);
  }
  return state === 'unhealthy'
    ? UNHEALTHY
    : turnIfDue({ state, passes: 0, failures: failures + 1 }, thresholds);
}

/**
 * The same results under other thresholds: a streak that is as long as they ask for turns the state, a shorter one goes on.
 * A state that stands is not taken back because more results would be asked for now.
 */
export function turnIfDue(standing: Standing, { consecutiveUp, consecutiveDown }: Thresholds): Standing {
  if (standing.passes > 0 && standing.passes >= consecutiveUp) return HEALTHY;
  if (standing.failures > 0 && standing.failures >= consecutiveDown) return UNHEALTHY;
  return standing;
}
