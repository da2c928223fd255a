import type { FailedAttemptReport, RequestReport } from '../../bridge/reports.js';
import { createSeriesTable, LATENCY_VALUES, type MetricsReport, observe } from '../../state/series-table.js';
import type { RequestSink } from './request-record.js';

/** Names of what is configured: what is gone leaves after a while. */
export interface ConfiguredNames {
  /** Load balancers and published host names. */
  readonly hosts: ReadonlySet<string>;
  /** Origins by the pool's name. */
  readonly origins: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What became of traffic, by the names of those who had a part in it. */
export interface TrafficCounts {
  readonly requests: RequestSink;
  readonly tcpConnections: RequestSink;
  /** Without those of what is gone; `evenInUse`: at once, and not when nothing was counted in them for a while. */
  forget(names: ConfiguredNames, how?: { readonly evenInUse: boolean }): void;
  report(): Pick<MetricsReport, 'requests' | 'latency' | 'failedAttempts' | 'tcpConnections'>;
}

/** A scrape has some hundred bytes for each, and keeps whoever stores them busy. */
const MAX_SERIES = { requests: 10_000, latency: 500, failedAttempts: 5_000, tcpConnections: 2_000 };

/** Texts of statuses, which are not made anew for each request. */
const statuses: string[] = [];

function statusText(status: number | null): string {
  if (status === null) return '';
  statuses[status] ??= `${status}`;
  return statuses[status];
}

/** Costs two looks into a table for each request. Requests for hosts that are not configured have no name: nobody fills the tables from outside. */
export function createTrafficCounts(limits: Partial<typeof MAX_SERIES> = {}): TrafficCounts {
  const most = { ...MAX_SERIES, ...limits };
  const requests = createSeriesTable({ labels: 5, values: 1, limit: most.requests, names: 3 });
  const latency = createSeriesTable({
    labels: 1,
    values: LATENCY_VALUES.size,
    limit: most.latency,
    names: 1,
  });
  const failedAttempts = createSeriesTable({ labels: 3, values: 1, limit: most.failedAttempts, names: 2 });
  const tcpConnections = createSeriesTable({ labels: 4, values: 1, limit: most.tcpConnections, names: 3 });

  function countRequest(report: RequestReport): void {
    const { pool, origin, error } = report;
    const labels = [
      hostOf(report),
      pool?.name ?? '',
      origin?.name ?? '',
      statusText(report.status),
      error ?? '',
    ];
    requests.of(labels)[0]! += 1;
    const numbers = latency.of(labels);
    observe(numbers, LATENCY_VALUES.duration, report.durationMs / 1e3);
    if (report.firstByteMs !== null) observe(numbers, LATENCY_VALUES.firstByte, report.firstByteMs / 1e3);
    numbers[LATENCY_VALUES.responseBytes]! += report.responseBytes ?? 0;
    countFailures(report.failedAttempts);
  }

  function countFailures(attempts: readonly FailedAttemptReport[]): void {
    for (const { pool, origin, failure } of attempts) failedAttempts.of([pool, origin, failure])[0]! += 1;
  }

  return {
    requests: { add: countRequest },
    tcpConnections: {
      add(report) {
        const { pool, origin, error } = report;
        tcpConnections.of([hostOf(report), pool?.name ?? '', origin?.name ?? '', error ?? ''])[0]! += 1;
        countFailures(report.failedAttempts);
      },
    },
    forget({ hosts, origins }, how) {
      const hostGone = (name: string) => name !== '' && !hosts.has(name);
      // A published host name has no pool, and its origin goes with it.
      const originGone = (pool: string, origin: string) =>
        pool !== '' && origin !== '' && !origins.get(pool)?.has(origin) && !hosts.has(pool);
      const isGone = ([host, pool, origin]: readonly string[]) =>
        hostGone(host!) || originGone(pool!, origin!);
      requests.forget(isGone, how);
      tcpConnections.forget(isGone, how);
      latency.forget(([host]) => hostGone(host!), how);
      failedAttempts.forget(([pool, origin]) => originGone(pool!, origin!), how);
    },
    report: () => ({
      requests: requests.report(),
      latency: latency.report(),
      failedAttempts: failedAttempts.report(),
      tcpConnections: tcpConnections.report(),
    }),
  };
}

const hostOf = ({ loadBalancer, publishedHostname }: RequestReport): string =>
  loadBalancer?.name ?? publishedHostname?.name ?? '';
