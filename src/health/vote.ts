import type { HealthState } from '../live/health-board.js';
import { mean } from './quorum.js';
import { type PlaceHealth, UNCHECKED } from './track.js';

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
