import type { RequestReport } from '../bridge/reports.js';
import { parseIp } from '../net/addresses.js';
import type { BalancerFacts, OriginFacts, PoolFacts, ZoneFacts } from './facts.js';
import { type DatasetField, type DatasetFields, fitsFilter, inOrder } from './fields.js';
import type { Wanted } from './request-groups.js';

/** `loadBalancingRequestsAdaptive`: the last requests one by one, with the pools and origins that there were to choose from. */

interface Logged {
  readonly report: RequestReport;
  readonly balancer: BalancerFacts;
  /** Undefined when none was chosen, or it is the load balancer's no more. */
  readonly pool: PoolFacts | undefined;
  readonly facts: ZoneFacts;
}

const text = (of: (row: Logged) => string): DatasetField<Logged> => ({ type: 'string', of });
const bit = (yes: boolean | undefined) => (yes ? 1 : 0);

export const FIELDS: DatasetFields<Logged> = {
  coloCode: text(({ facts }) => facts.place.pop),
  datetime: { type: 'Time', of: ({ report }) => new Date(report.at).toISOString() },
  lbName: text(({ balancer }) => balancer.name),
  proxied: { type: 'uint8', of: ({ balancer }) => bit(balancer.proxied) },
  region: text(({ facts }) => facts.place.region),
  sampleInterval: { type: 'uint32', of: () => 1 },
  selectedOriginName: text(({ report }) => report.origin?.name ?? ''),
  selectedPoolAvgRttMs: { type: 'uint32', of: ({ pool }) => pool?.averageRttMs ?? 0 },
  selectedPoolHealthChecksEnabled: { type: 'uint8', of: ({ pool }) => bit(pool?.monitored) },
  selectedPoolHealthy: { type: 'uint8', of: ({ pool }) => bit(pool?.healthy) },
  selectedPoolId: text(({ report }) => report.pool?.id ?? ''),
  selectedPoolName: text(({ report }) => report.pool?.name ?? ''),
  sessionAffinity: text(({ balancer }) => balancer.sessionAffinity),
  sessionAffinityStatus: text(({ report }) => report.decision?.pin ?? ''),
  steeringPolicy: text(({ report, balancer }) => report.decision?.policy ?? balancer.policy),
};

/** What each row shows besides, in GraphQL's schema language. */
export const NESTED = `
type LoadBalancingPool { avgRttMs: uint32! healthCheckEnabled: uint8! healthy: uint8! id: string! poolName: string! }
type LoadBalancingOrigin { fqdn: string! health: uint8! ipv4: string! ipv6: string! originName: string! selected: uint8! weight: float64! }
`;
export const NESTED_FIELDS = ['pools: [LoadBalancingPool!]!', 'origins: [LoadBalancingOrigin!]!'];

/** Rows as GraphQL reads them. */
export function latestRequests(
  reports: readonly RequestReport[],
  facts: ZoneFacts,
  { filter, orderBy, limit }: Wanted,
): object[] {
  const rows = reports.flatMap((report): Logged[] => {
    const balancer = facts.balancers.get(report.loadBalancer?.name ?? '');
    return balancer ? [{ report, balancer, pool: facts.pools.get(report.pool?.id ?? ''), facts }] : [];
  });
  return rows
    .filter(fitsFilter(FIELDS, filter))
    .sort(inOrder(orderBy, (row, field) => FIELDS[field]!.of(row)))
    .slice(0, limit)
    .map((row) => ({
      ...Object.fromEntries(Object.entries(FIELDS).map(([name, { of }]) => [name, of(row)])),
      pools: [...row.balancer.poolsByName.values()].map(poolOf),
      origins: row.pool?.origins.map((origin) => originOf(origin, row.report)) ?? [],
    }));
}

const poolOf = ({ id, name, healthy, monitored, averageRttMs }: PoolFacts) => ({
  ...{ id, poolName: name, avgRttMs: averageRttMs },
  healthy: bit(healthy),
  healthCheckEnabled: bit(monitored),
});

function originOf({ name, address, healthy, weight }: OriginFacts, { origin }: RequestReport) {
  const family = parseIp(address)?.family;
  return {
    ...{ originName: name, weight, health: bit(healthy) },
    selected: bit(origin?.name === name),
    ipv4: family === 4 ? address : '',
    ipv6: family === 6 ? address : '',
    fqdn: family ? '' : address,
  };
}
