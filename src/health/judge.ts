import type { HealthState } from '../live/health-board.js';

/** The state of one origin, and how many results in a row have spoken against it. */
export interface HealthStreak {
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

export const NO_STREAK: HealthStreak = { state: 'unknown', passes: 0, failures: 0 };

const HEALTHY: HealthStreak = { state: 'healthy', passes: 0, failures: 0 };

const UNHEALTHY: HealthStreak = { state: 'unhealthy', passes: 0, failures: 0 };

/** The certain verdict, which needs no second opinion: there is no way to the origin. */
export const CUT_OFF = UNHEALTHY;

/** One more result. Only so many equal ones in a row as the thresholds ask for turn the state; an opposite one resets. */
export function applyResult(streak: HealthStreak, passed: boolean, thresholds: Thresholds): HealthStreak {
  const { state, passes, failures } = streak;
  if (passed) {
    return state === 'healthy'
      ? HEALTHY
      : applyThresholds({ state, passes: passes + 1, failures: 0 }, thresholds);
  }
  return state === 'unhealthy'
    ? UNHEALTHY
    : applyThresholds({ state, passes: 0, failures: failures + 1 }, thresholds);
}

/**
 * The same results under other thresholds: a streak that is as long as they ask for turns the state, a shorter one goes on.
 * A state that stands is not taken back because more results would be asked for now.
 */
export function applyThresholds(
  streak: HealthStreak,
  { consecutiveUp, consecutiveDown }: Thresholds,
): HealthStreak {
  if (streak.passes > 0 && streak.passes >= consecutiveUp) return HEALTHY;
  if (streak.failures > 0 && streak.failures >= consecutiveDown) return UNHEALTHY;
  return streak;
}
