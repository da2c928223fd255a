import type { HealthFault } from '../bridge/faults.js';
import { canonicalHost } from '../net/hostnames.js';
import type { HealthState, OriginHealth } from '../state/health-board.js';
import type { LiveOrigin } from '../state/snapshot.js';
import type { ProbeResult } from './probes/probe.js';

/** What one place finds of an origin. */
export type PlaceHealth = Omit<OriginHealth, 'regions'>;

export const UNCHECKED: PlaceHealth = {
  state: 'unknown',
  failureReason: 'No failures',
  failureDetail: null,
  responseCode: 0,
  rttMs: null,
  latencyMs: null,
  checkedAt: null,
};

/** The state of one origin, and how many results in a row have spoken against it. */
interface HealthStreak {
  readonly state: HealthState;
  /** Passes in a row; always 0 while healthy. */
  readonly passes: number;
  /** Failures in a row; always 0 while unhealthy. */
  readonly failures: number;
}

interface Thresholds {
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
function applyThresholds(streak: HealthStreak, { consecutiveUp, consecutiveDown }: Thresholds): HealthStreak {
  if (streak.passes > 0 && streak.passes >= consecutiveUp) return HEALTHY;
  if (streak.failures > 0 && streak.failures >= consecutiveDown) return UNHEALTHY;
  return streak;
}

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

export const NEW_HISTORY: CheckHistory = { streak: NO_STREAK, health: UNCHECKED, fault: null };

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
  const { failureReason, failureDetail } = failureToShow(streak, result, history.health);
  return {
    streak,
    fault,
    health: {
      state: streak.state,
      failureReason,
      failureDetail,
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

type FailureToShow = Pick<PlaceHealth, 'failureReason' | 'failureDetail'>;

const NOTHING_TO_SHOW: FailureToShow = { failureReason: 'No failures', failureDetail: null };

/** A state shows its own reason while results to the contrary have not turned it yet. */
function failureToShow(
  { state }: HealthStreak,
  { passed, reason, detail }: ProbeResult,
  last: FailureToShow,
): FailureToShow {
  if (state === 'healthy') return NOTHING_TO_SHOW;
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

/**
 * Healthy when strictly more than half of the regions find it healthy, so that a tie is not enough; unknown for as long
 * as regions without a verdict could still make it so.
 */
export function quorum(states: readonly HealthState[]): HealthState {
  const count = (state: HealthState) => states.filter((one) => one === state).length;
  const half = states.length / 2;
  if (count('healthy') > half) return 'healthy';
  return count('healthy') + count('unknown') > half ? 'unknown' : 'unhealthy';
}

/**
 * What the places find together. The reason and the code are those of the first place that finds what all find; round
 * trips are means.
 */
export function aggregatePlaces(places: readonly PlaceHealth[]): PlaceHealth {
  const state = quorum(places.map((place) => place.state));
  const { failureReason, failureDetail, responseCode } =
    places.find((place) => place.state === state) ?? UNCHECKED;
  return {
    state,
    failureReason,
    failureDetail,
    responseCode,
    rttMs: mean(places.flatMap(({ rttMs }) => rttMs ?? [])),
    latencyMs: mean(places.flatMap(({ latencyMs }) => latencyMs ?? [])),
    checkedAt: places.reduce<number | null>((latest, { checkedAt }) => checkedAt ?? latest, null),
  };
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** What one monitor finds of an origin at one place, and what that counts for. */
export interface Finding {
  readonly health: PlaceHealth;
  /** Has no say, and its round trips do not count. */
  readonly monitoringOnly: boolean;
  /** While it finds the origin unhealthy, the origin is unhealthy. */
  readonly mustBeHealthy: boolean;
}

/**
 * What one place finds of an origin that several monitors look at: unhealthy when a monitor that must find it healthy does not, or
 * when more than half of all that have a say do not. While monitors without a result could still turn that, and when none
 * has a say, it is unknown, which counts as down. The reason is the one of the first monitor that speaks for the verdict;
 * the round trip is the mean.
 */
export function aggregateFindings(findings: readonly Finding[]): PlaceHealth {
  const [only] = findings;
  if (only && findings.length === 1 && !only.monitoringOnly) return only.health;
  const voters = findings.filter(({ monitoringOnly }) => !monitoringOnly);
  const state = verdictOf(voters);
  const representative = representativeOf(state, voters)?.health ?? UNCHECKED;
  return {
    state,
    failureReason: state === 'healthy' ? 'No failures' : representative.failureReason,
    failureDetail: state === 'healthy' ? null : representative.failureDetail,
    responseCode: representative.responseCode,
    rttMs: mean(voters.flatMap(({ health }) => health.rttMs ?? [])),
    latencyMs: mean(voters.flatMap(({ health }) => health.latencyMs ?? [])),
    checkedAt: latest(findings.flatMap(({ health }) => health.checkedAt ?? [])),
  };
}

function verdictOf(voters: readonly Finding[]): HealthState {
  const count = (state: HealthState) => voters.filter(({ health }) => health.state === state).length;
  const has = (state: HealthState) =>
    voters.some(({ health, mustBeHealthy }) => mustBeHealthy && health.state === state);
  const half = voters.length / 2;
  if (has('unhealthy') || count('unhealthy') > half) return 'unhealthy';
  const open = has('unknown') || count('unhealthy') + count('unknown') > half;
  return open || voters.length === 0 ? 'unknown' : 'healthy';
}

function representativeOf(state: HealthState, voters: readonly Finding[]): Finding | undefined {
  const agreeing = voters.filter(({ health }) => health.state === state);
  return agreeing.find(({ mustBeHealthy }) => mustBeHealthy) ?? agreeing[0];
}

const latest = (values: readonly number[]) => (values.length === 0 ? null : Math.max(...values));

/** The faults on checks that are set now. */
export interface Faults {
  /** Takes `faults` in place of those before; returns whether an origin may see another one now than before. */
  replace(faults: readonly HealthFault[]): (origin: Pick<LiveOrigin, 'ip' | 'address'>) => boolean;
  /** The first that fits. `place` is a region, or null for this place alone, which sees only those of every place. */
  find(poolId: string, origin: Pick<LiveOrigin, 'ip' | 'address'>, place: string | null): HealthFault | null;
  /** A place has applied a result with it. */
  struck(fault: HealthFault): void;
}

const addressOf = ({ ip, address }: Pick<LiveOrigin, 'ip' | 'address'>) => ip ?? canonicalHost(address);

export function createFaults(struck: Faults['struck'] = () => {}): Faults {
  let all: readonly HealthFault[] = [];
  let byAddress: ReadonlyMap<string, readonly HealthFault[]> = new Map();
  return {
    struck,
    replace(faults) {
      const before = byAddress;
      all = faults;
      const after = new Map<string, HealthFault[]>();
      for (const fault of faults) after.set(fault.address, [...(after.get(fault.address) ?? []), fault]);
      byAddress = after;
      return (origin) => before.has(addressOf(origin)) || after.has(addressOf(origin));
    },
    find(poolId, origin, place) {
      if (all.length === 0) return null;
      const fits = ({ pool, region }: HealthFault) =>
        (pool === null || pool === poolId) && (region === null || region === place);
      return byAddress.get(addressOf(origin))?.find(fits) ?? null;
    },
  };
}

/** What a place finds where a probe has found `result` and the place sees `fault`. */
function withFault(result: ProbeResult, fault: HealthFault | null): ProbeResult {
  if (fault === null) return result;
  if (fault.reason !== null)
    return { passed: false, reason: fault.reason, detail: null, responseCode: 0, rttMs: null };
  return { ...result, rttMs: result.rttMs === null ? null : result.rttMs + fault.latencyMs };
}

export const isSameFault = (a: HealthFault | null, b: HealthFault | null) =>
  a?.reason === b?.reason && a?.latencyMs === b?.latencyMs;
