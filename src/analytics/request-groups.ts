import type { BalancerFacts, PoolFacts, ZoneFacts } from './facts.js';
import { type DatasetField, type DatasetFields, type DatasetFilter, fitsFilter, inOrder } from './fields.js';
import { MINUTE_MS, type MinuteCount } from './traffic-minutes.js';

/** `loadBalancingRequestsAdaptiveGroups`: how many requests there were, by whatever is asked for. */

interface Counted {
  readonly counted: MinuteCount;
  readonly balancer: BalancerFacts;
  /** Undefined when none was chosen, or it is the load balancer's no more. */
  readonly pool: PoolFacts | undefined;
  readonly facts: ZoneFacts;
}

const text = (of: (row: Counted) => string): DatasetField<Counted> => ({ type: 'string', of });
const yesOrNo = (of: (row: Counted) => boolean): DatasetField<Counted> => ({
  type: 'uint8',
  of: (row) => (of(row) ? 1 : 0),
});

/** The beginning of the part of an hour, or the hour, in which the requests were over. */
const time = (minutes: number): DatasetField<Counted> => {
  const from = ({ counted }: Counted) =>
    Math.floor(counted.minute / (minutes * MINUTE_MS)) * minutes * MINUTE_MS;
  return {
    type: 'Time',
    of: (row) => seconds(from(row)),
    until: (row) => new Date(from(row) + minutes * MINUTE_MS - 1).toISOString(),
  };
};

const seconds = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

export const DIMENSIONS: DatasetFields<Counted> = {
  coloCode: text(({ facts }) => facts.place.pop),
  // Counts are kept by the minute.
  datetime: time(1),
  datetimeMinute: time(1),
  datetimeFiveMinutes: time(5),
  datetimeFifteenMinutes: time(15),
  datetimeHalfOfHour: time(30),
  datetimeHour: time(60),
  lbName: text(({ balancer }) => balancer.name),
  proxied: yesOrNo(({ balancer }) => balancer.proxied),
  region: text(({ facts }) => facts.place.region),
  selectedOriginName: text(({ counted }) => counted.origin),
  selectedPoolAvgRttMs: { type: 'uint32', of: ({ pool }) => pool?.averageRttMs ?? 0 },
  selectedPoolHealthChecksEnabled: yesOrNo(({ pool }) => pool?.monitored ?? false),
  selectedPoolHealthy: yesOrNo(({ pool }) => pool?.healthy ?? false),
  selectedPoolId: text(({ pool }) => pool?.id ?? ''),
  selectedPoolName: text(({ counted }) => counted.pool),
  sessionAffinity: text(({ balancer }) => balancer.sessionAffinity),
  steeringPolicy: text(({ balancer }) => balancer.policy),
};

export interface Wanted {
  readonly filter: DatasetFilter;
  /** Names of dimensions, or `count`, with `_ASC` or `_DESC`. */
  readonly orderBy: readonly string[];
  readonly limit: number;
}

interface Group {
  readonly count: number;
  readonly avg: { readonly sampleInterval: number };
  readonly dimensions: Readonly<Record<string, string | number>>;
}

/** `dimensions`: those that the answer shows; requests that are alike in all of them are one group. */
export function requestGroups(
  counts: readonly MinuteCount[],
  facts: ZoneFacts,
  dimensions: readonly string[],
  { filter, orderBy, limit }: Wanted,
): Group[] {
  const fits = fitsFilter(DIMENSIONS, filter);
  const groups = new Map<string, { first: Counted; count: number }>();
  for (const counted of counts) {
    const balancer = facts.balancers.get(counted.host);
    if (!balancer) continue;
    const row = { counted, balancer, pool: balancer.poolsByName.get(counted.pool), facts };
    if (!fits(row)) continue;
    const key = JSON.stringify(dimensions.map((name) => DIMENSIONS[name]!.of(row)));
    const group = groups.get(key);
    if (group) group.count += counted.count;
    else groups.set(key, { first: row, count: counted.count });
  }
  const read = ({ first, count }: { first: Counted; count: number }, field: string) =>
    field === 'count' ? count : DIMENSIONS[field]!.of(first);
  return [...groups.values()]
    .sort(inOrder(orderBy, read))
    .slice(0, limit)
    .map(({ first, count }) => ({
      count,
      // Every request is counted.
      avg: { sampleInterval: 1 },
      dimensions: Object.fromEntries(dimensions.map((name) => [name, DIMENSIONS[name]!.of(first)])),
    }));
}
