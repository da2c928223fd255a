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

/** The certain verdict, which needs no second opinion: there is no way to the origin. */
export const CUT_OFF: Standing = { state: 'unhealthy', passes: 0, failures: 0 };

/** One more result. Only so many equal ones in a row as the thresholds ask for turn the state; an opposite one resets. */
export function judge(standing: Standing, passed: boolean, thresholds: Thresholds): Standing {
  const { state } = standing;
  if (passed) {
    const passes = standing.passes + 1;
    const turned = state === 'healthy' || passes >= Math.max(1, thresholds.consecutiveUp);
    return turned ? { state: 'healthy', passes: 0, failures: 0 } : { state, passes, failures: 0 };
  }
  const failures = standing.failures + 1;
  const turned = state === 'unhealthy' || failures >= Math.max(1, thresholds.consecutiveDown);
  return turned ? { state: 'unhealthy', passes: 0, failures: 0 } : { state, passes: 0, failures };
}
