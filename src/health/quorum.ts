import type { HealthState } from '../live/health-board.js';
import { type PlaceHealth, UNCHECKED } from './track.js';

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

export const mean = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
